/** The tensors that a version takes and gives, as its workers tell them. */

/** One input or output. */
export interface TensorSignature {
  /** As its model calls it; what clients name it by. */
  readonly name: string;
  /** Element type in the handlers' spelling: `float32`, `int64`, `string` … */
  readonly type: string;
  /** Sizes; -1 for any. */
  readonly shape: readonly number[];
}

/** Empty lists where the handler does not tell. */
export interface ModelSignature {
  /** In the model's order. */
  readonly inputs: readonly TensorSignature[];
  /** In the model's order. */
  readonly outputs: readonly TensorSignature[];
}
