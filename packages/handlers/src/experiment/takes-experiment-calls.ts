/** How a handler says that rows may ask for its experiments (`ExperimentCall`). */

/** A member of such a handler. */
export const TAKES_EXPERIMENT_CALLS: unique symbol = Symbol.for('marserve.takesExperimentCalls');

/** Whether it says so. */
export function takesExperimentCalls(handler: object): boolean {
  return TAKES_EXPERIMENT_CALLS in handler;
}
