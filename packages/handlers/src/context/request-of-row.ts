/** Which rows of a batch are of one request: whoever runs the handler tells it to those that treat requests as a whole. */

/** Where a context has it: out of the handler's sight, and found as well by a handler with its own copy of this package. */
export const REQUEST_OF_ROW: unique symbol = Symbol.for('marserve.requestOfRow');

/** A context that tells. */
export interface RequestsOfRows {
  /** The same object for all rows of a request, and for no other. */
  readonly [REQUEST_OF_ROW]: (row: number) => object;
}

/** Of a context that does not tell, rows with one signal are of one request. */
export function requestOfRow(context: object & { getSignal(row: number): AbortSignal }, row: number): object {
  return (context as Partial<RequestsOfRows>)[REQUEST_OF_ROW]?.(row) ?? context.getSignal(row);
}
