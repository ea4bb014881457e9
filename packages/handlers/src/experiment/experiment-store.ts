/** What is known of experiments: the state of their policies, which arm answered which request, and what came of it. */
import type { Feedback, FeedbackOutcome, Learner } from './feedback.ts';

/** An arm was chosen for a request. */
export interface Decision {
  /** Id of the request, which its answer has in `x-request-id`. */
  readonly request: string;
  /** Which was chosen. */
  readonly arm: string;
  /** How many instances the request has; each may have a reward. Default 1. */
  readonly items?: number | undefined;
  /** What the policy went by, as JSON: its learner gets it with the feedback. Default: nothing. */
  readonly features?: string | undefined;
}

/** What is counted of an arm. */
export interface ArmCounts {
  /** Its name. */
  readonly arm: string;
  /** Requests for which it was chosen. */
  readonly requests: number;
  /** How many rewards it got. */
  readonly rewards: number;
  /** Of all rewards. */
  readonly sum: number;
  /** Sum of the squares of all rewards. */
  readonly squares: number;
  /** Rewards that are 0 or 1. */
  readonly binary: number;
}

/** What somebody has said of an experiment by hand. */
export interface ExperimentControl {
  /** What the policy goes by, whatever is counted since; undefined where it learns. */
  readonly frozen?: readonly ArmCounts[] | undefined;
  /** The document of the policy from that moment; undefined for none. */
  readonly frozenDocument?: unknown;
  /** The share of each arm, in place of what the policy would choose; undefined where that chooses. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
}

/** An experiment, as it is now. */
export interface ExperimentState {
  /** See `readArms`. */
  readonly arms: readonly ArmCounts[];
  /** What somebody has said of it. */
  readonly control: ExperimentControl;
  /** What the policy keeps of its own; undefined for nothing. Nobody changes it. */
  readonly document?: unknown;
  /** Of its first decision, or since it was reset, in milliseconds since 1970; undefined before. */
  readonly since?: number | undefined;
}

/** The experiments of one model; `experiment` is the name of the step that chooses. Several processes may share what it has. */
export interface ExperimentStore {
  /**
   * What a policy keeps of its own, as `updateDocument` left it; undefined for nothing.
   * @throws StoreError where it cannot be read
   */
  readDocument(experiment: string): Promise<unknown>;
  /**
   * Changes it, in one transaction: no process sees or overwrites anything between.
   * @param change gives what it becomes, as JSON; it may be called again where another process was quicker, and undefined removes it
   * @returns what it became
   * @throws StoreError where it cannot be written; whatever `change` throws, and nothing is changed then
   */
  updateDocument(experiment: string, change: (old: unknown) => unknown): Promise<unknown>;
  /** Counts at once, and is written with others within a moment: never waits, never throws. */
  noteDecision(experiment: string, decision: Decision): void;
  /**
   * All arms that were ever chosen or rewarded, with what is not written yet. As old as a moment at most where the store answers;
   * where it does not, what was known last.
   */
  readArms(experiment: string): Promise<readonly ArmCounts[]>;
  /** The same with all else that is known of it. */
  readState(experiment: string): Promise<ExperimentState>;
  /** Changes what somebody says by hand. @throws StoreError where it cannot be written; whatever `change` throws */
  updateControl(
    experiment: string,
    change: (old: ExperimentControl, now: ExperimentState) => ExperimentControl,
  ): Promise<void>;
  /**
   * Resolves when the rewards are where neither a crash of this process nor of the machine loses them.
   * @param learners of experiments of this model: what counts for one changes its document in the same transaction
   * @returns what became of each, in their order
   * @throws StoreError where they cannot be written, and none is counted then
   */
  addFeedback(
    feedback: readonly Feedback[],
    learners?: ReadonlyMap<string, Learner>,
  ): Promise<readonly FeedbackOutcome[]>;
  /** Forgets all of an experiment. @throws StoreError where that cannot be written */
  reset(experiment: string): Promise<void>;
  /** What is wrong with the store; undefined for nothing. */
  readonly problem: string | undefined;
  /** Writes what is not written, and closes it. */
  close(): Promise<void>;
}
