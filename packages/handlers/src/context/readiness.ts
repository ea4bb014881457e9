/** Whether a handler can answer: one whose model is elsewhere tells it to whoever runs it. */

/** Where a context has what is to be called: out of the handler's sight, and found by a handler with its own copy of this package. */
export const READINESS: unique symbol = Symbol.for('marserve.readiness');

/** A context that is told. */
export interface ReadinessTold {
  /** Called with why it cannot answer, or with undefined once it can. */
  readonly [READINESS]: (problem: string | undefined) => void;
}

/** A handler can answer as long as nothing is told. Not every context takes it. */
export function tellReadiness(context: object, problem: string | undefined): void {
  (context as Partial<ReadinessTold>)[READINESS]?.(problem);
}
