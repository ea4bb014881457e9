/** Where a server keeps its experiments: whoever runs a handler tells it in its context. */

/** A place for experiments. */
export interface ExperimentsPlace {
  /** Absolute path of a file of SQLite, or `postgres://…`. */
  readonly store: string;
  /** Decisions and feedback are forgotten after so long, in milliseconds. */
  readonly maxAgeMs: number;
  /** Decisions that are kept at most, of all experiments together. */
  readonly maxDecisions: number;
}

/** Where a context has it: out of the handler's sight. */
export const EXPERIMENTS: unique symbol = Symbol.for('marserve.experiments');

/** A context that has it. */
export interface ExperimentsKnown {
  /** Undefined where there is no server, as in tests. */
  readonly [EXPERIMENTS]: ExperimentsPlace | undefined;
}
