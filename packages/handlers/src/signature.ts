/** A model's signature: the names, types and shapes of its inputs and outputs. */
import type { TensorType } from './tensor/tensor.ts';

/** One dimension: a fixed size, a symbolic name (`"batch"`), or -1 for a dynamic size without a name. */
export type Dimension = number | string;

/** One input or output of a model. */
export interface TensorSpec {
  /** As the model calls it. */
  readonly name: string;
  /** Type of the elements. */
  readonly type: TensorType;
  /** One size for each axis; empty for a scalar. */
  readonly shape: readonly Dimension[];
  /** Class labels along the last axis, for the probabilities of a scikit-learn export (its ZipMap node). */
  readonly labels?: readonly (string | number)[];
}

/** The inputs and outputs of a model, in the model's own order. */
export interface ModelSignature {
  /** What it takes. */
  readonly inputs: readonly TensorSpec[];
  /** What it gives. */
  readonly outputs: readonly TensorSpec[];
}
