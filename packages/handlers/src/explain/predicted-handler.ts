/** Handlers whose model is elsewhere: explainers ask it in requests, several at a time. */

/** Where `Transformer` says that it is one; found as well in a handler with its own copy of this package. */
export const ASKS_PREDICTOR: unique symbol = Symbol.for('marserve.asksPredictor');

/** Whether a handler is one. */
export function asksPredictor(handler: unknown): boolean {
  return typeof handler === 'object' && handler !== null && ASKS_PREDICTOR in handler;
}
