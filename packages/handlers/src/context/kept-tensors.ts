/** Whether a row's result may stay tensors, because its client takes them: whoever runs the handler tells `BaseHandler`. */

/** Where a context has it: out of the handler's sight, and found as well by a handler with its own copy of this package. */
export const KEEPS_TENSORS: unique symbol = Symbol.for('marserve.keepsTensors');

/** A context that tells. */
export interface TensorKeeping {
  /** Whether the client of a row takes tensors. */
  readonly [KEEPS_TENSORS]: (row: number) => boolean;
}

/** Of a context that does not tell, lists are wanted. */
export function keepsTensors(context: object, row: number): boolean {
  return (context as Partial<TensorKeeping>)[KEEPS_TENSORS]?.(row) ?? false;
}
