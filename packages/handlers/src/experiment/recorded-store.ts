/** The experiments of a model in a database: decisions are written in groups, and counts are remembered for a moment. */
import type { ExperimentDatabase, NotedDecision } from './database.ts';
import { DatabaseSeat } from './database-seat.ts';
import { DecisionLine, withRequests } from './decision-line.ts';
import type { ArmCounts, Decision, ExperimentControl, ExperimentState, ExperimentStore } from './experiment-store.ts';
import type { Feedback, FeedbackOutcome, Learner } from './feedback.ts';
import { CONTROL, POLICY } from './statements.ts';

/** Where experiments are kept, and for how long. */
export interface RecordedStoreOptions {
  /** Opens the database: called when something is first asked of it, and again after it failed. */
  readonly open: () => Promise<ExperimentDatabase>;
  /** Of the model; experiments of several models have a database together. */
  readonly model: string;
  /** Decisions and feedback are forgotten after so long, in milliseconds. */
  readonly maxAgeMs: number;
  /** Decisions that are kept at most. */
  readonly maxDecisions: number;
  /** Told once of what is wrong with the store; undefined when it is well again. */
  readonly onProblem?: ((problem: string | undefined) => void) | undefined;
}

/** Counts are as old as that at most. */
const FRESH_MS = 100;
/** Decisions of other processes are written within as long, and may have feedback before. */
const UNWRITTEN_MS = [40, 80];

interface KnownState {
  state: ExperimentState;
  readAt: number;
  reading?: Promise<void> | undefined;
}

/** Opens the database when it is first needed, and again when it failed. */
export class RecordedStore implements ExperimentStore {
  readonly #model: string;
  readonly #seat: DatabaseSeat;
  readonly #line: DecisionLine;
  readonly #known = new Map<string, KnownState>();

  constructor(options: RecordedStoreOptions) {
    this.#model = options.model;
    this.#seat = new DatabaseSeat(options);
    this.#line = new DecisionLine(this.#seat, { ...options, onWritten: (decisions) => this.#written(decisions) });
  }

  get problem(): string | undefined {
    return this.#seat.problem;
  }

  readDocument(experiment: string): Promise<unknown> {
    return this.#seat.ask((database) => database.readDocument(this.#key(experiment), POLICY));
  }

  async updateDocument(experiment: string, change: (old: unknown) => unknown): Promise<unknown> {
    const key = this.#key(experiment);
    const document = await this.#seat.ask((database) => database.updateDocument(key, POLICY, change));
    this.#outdated(key);
    return document;
  }

  /** It is read again; until then, and where that cannot be, it is what was known last. */
  #outdated(key: string): void {
    const known = this.#known.get(key);
    // Another object: what is being read now was so before.
    if (known !== undefined) this.#known.set(key, { state: known.state, readAt: -Infinity });
  }

  noteDecision(experiment: string, decision: Decision): void {
    this.#line.add({ ...decision, experiment: this.#key(experiment), at: Date.now() });
  }

  async readArms(experiment: string): Promise<readonly ArmCounts[]> {
    return (await this.readState(experiment)).arms;
  }

  async readState(experiment: string): Promise<ExperimentState> {
    const key = this.#key(experiment);
    const known = this.#known.get(key) ?? { state: { arms: [], control: {} }, readAt: -Infinity };
    this.#known.set(key, known);
    if (performance.now() - known.readAt >= FRESH_MS) {
      known.reading ??= this.#read(key, known);
      // One that failed is not waited for.
      if (this.problem === undefined) await known.reading;
    }
    return { ...known.state, arms: this.#line.withWaiting(key, known.state.arms) };
  }

  async #read(key: string, known: KnownState): Promise<void> {
    try {
      // Between two groups: what is written later is added to what was read.
      known.state = await this.#line.inTurn(() => this.#seat.ask((database) => database.readState(key)));
      known.readAt = performance.now();
    } catch {
      // The seat has told it.
    } finally {
      known.reading = undefined;
    }
  }

  #written(decisions: readonly NotedDecision[]): void {
    for (const { experiment, arm } of decisions) {
      const known = this.#known.get(experiment);
      if (known === undefined) continue;
      known.state = { ...known.state, arms: withRequests(known.state.arms, new Map([[arm, 1]])) };
    }
  }

  async addFeedback(
    feedback: readonly Feedback[],
    learners: ReadonlyMap<string, Learner> = new Map(),
  ): Promise<readonly FeedbackOutcome[]> {
    await this.#line.flush();
    const outcomes = [...(await this.#add(feedback, learners))];
    for (const pauseMs of UNWRITTEN_MS) {
      const unknown = outcomes.flatMap(({ kind }, index) => (kind === 'unknown' ? [index] : []));
      if (unknown.length === 0) break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const again = await this.#add(
        unknown.map((index) => feedback[index] as Feedback),
        learners,
      );
      unknown.forEach((place, index) => (outcomes[place] = again[index] as FeedbackOutcome));
    }
    return outcomes.map((outcome) => this.#named(outcome));
  }

  async #add(
    feedback: readonly Feedback[],
    learners: ReadonlyMap<string, Learner>,
  ): Promise<readonly FeedbackOutcome[]> {
    const at = Date.now();
    const sent = feedback.map((each) => {
      const models = [this.#model, ...(each.nested ?? [])];
      const isMine = (experiment: string) => models.some((model) => experiment.startsWith(`${model}/`));
      const named = (experiment: string) => (isMine(experiment) ? experiment : this.#key(experiment));
      const route = Object.entries(each.route ?? {}).map(([experiment, arm]) => [named(experiment), arm]);
      const problem = each.problem;
      return {
        ...each,
        route: Object.fromEntries(route) as Record<string, string>,
        at,
        isMine,
        problem: problem && ((key: string, ...rest: [readonly number[], number?]) => problem(this.#name(key), ...rest)),
      };
    });
    const own = new Map([...learners].map(([experiment, learner]) => [this.#key(experiment), learner]));
    const outcomes = await this.#seat.ask((database) => database.addFeedback(sent, own));
    for (const key of this.#known.keys()) this.#outdated(key);
    return outcomes;
  }

  #named(outcome: FeedbackOutcome): FeedbackOutcome {
    if (outcome.kind !== 'counted') return outcome;
    const route = Object.entries(outcome.route).map(([key, arm]) => [this.#name(key), arm]);
    return { ...outcome, route: Object.fromEntries(route) as Record<string, string> };
  }

  async updateControl(
    experiment: string,
    change: (old: ExperimentControl, now: ExperimentState) => ExperimentControl,
  ): Promise<void> {
    const key = this.#key(experiment);
    const now = await this.readState(experiment);
    await this.#seat.ask((database) => database.updateDocument(key, CONTROL, (old) => change(old ?? {}, now)));
    this.#outdated(key);
  }

  async reset(experiment: string): Promise<void> {
    const key = this.#key(experiment);
    await this.#line.flush();
    await this.#seat.ask((database) => database.reset(key));
    this.#known.delete(key);
  }

  async close(): Promise<void> {
    await this.#line.close();
    await this.#seat.close();
  }

  #key(experiment: string): string {
    return `${this.#model}/${experiment}`;
  }

  #name(key: string): string {
    return key.startsWith(`${this.#model}/`) ? key.slice(this.#model.length + 1) : key;
  }
}
