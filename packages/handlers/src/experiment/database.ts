/** Where experiments are kept. Each call is one transaction, which other processes see whole or not at all. */
import type { Decision, ExperimentState } from './experiment-store.ts';
import type { Feedback, FeedbackOutcome, Learner } from './feedback.ts';

/** A decision of an experiment. */
export interface NotedDecision extends Decision {
  /** `MODEL/STEP`. */
  readonly experiment: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** A feedback, and whose it may be. */
export interface SentFeedback extends Feedback {
  /** Whether decisions of an experiment, `MODEL/STEP`, are meant; its route names those in the same way. */
  readonly isMine: (experiment: string) => boolean;
  /** When it came, in milliseconds since 1970. */
  readonly at: number;
}

/** How much is kept of decisions and feedback. */
export interface KeptDecisions {
  /** Those before are forgotten; milliseconds since 1970. */
  readonly since: number;
  /** At most so many of them. */
  readonly most: number;
}

/** One of its kinds. Whatever it throws is a `StoreError`, but for what its callers' functions throw. */
export interface ExperimentDatabase {
  /** Undefined where there is none. */
  readDocument(experiment: string, kind: string): Promise<unknown>;
  /** See `ExperimentStore`. */
  updateDocument(experiment: string, kind: string, change: (old: unknown) => unknown): Promise<unknown>;
  /** Counts, and keeps them for their feedback. */
  addDecisions(decisions: readonly NotedDecision[]): Promise<void>;
  /** The same at the end of a process, when nothing can be waited for; undefined where that cannot be. */
  readonly addDecisionsNow?: ((decisions: readonly NotedDecision[]) => void) | undefined;
  /** Arms are in the order of their names. */
  readState(experiment: string): Promise<ExperimentState>;
  /** Resolves when they are kept. @param learners by experiments, `MODEL/STEP`; see `ExperimentStore` */
  addFeedback(
    feedback: readonly SentFeedback[],
    learners?: ReadonlyMap<string, Learner>,
  ): Promise<readonly FeedbackOutcome[]>;
  /** Forgets all of an experiment. */
  reset(experiment: string): Promise<void>;
  /** Forgets what is old or too much. */
  expire(kept: KeptDecisions): Promise<void>;
  /** Nothing is asked after. */
  close(): Promise<void>;
}
