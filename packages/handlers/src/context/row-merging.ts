/** Whether the rows of several requests go through the model together: `BaseHandler` tells it to whoever runs the handler. */

/**
 * `merged`: they do, because the graph shows that rows cannot touch each other (`proven`), trials did (`tried`), or the
 * model's configuration says so (`asked`). `apart`: they do not, and why: `DynamicQuantizeLinear "embed"`.
 */
export type RowMerging = { readonly merged: 'proven' | 'tried' | 'asked' } | { readonly apart: string };

/** Where a context has what is to be called: out of the handler's sight, and found by a handler with its own copy of this package. */
export const ROW_MERGING: unique symbol = Symbol.for('marserve.rowMerging');

/** A context that is told. */
export interface RowMergingTold {
  /** Called when the model is loaded, and when it changes. */
  readonly [ROW_MERGING]: (merging: RowMerging) => void;
}

/** Tells it, once known and after each change. Not every context takes it. */
export function tellRowMerging(context: object, merging: RowMerging): void {
  (context as Partial<RowMergingTold>)[ROW_MERGING]?.(merging);
}
