/** A model's signature: the names, types and shapes of its inputs and outputs. */
import type { TensorType } from './tensor.ts';

/** One dimension: a fixed size, a symbolic name (`"batch"`), or -1 for a dynamic size without a name. */
export type Dimension = number | string;

/** One input or output of a model. */
export interface TensorSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly Dimension[];
  /** Class labels along the last axis, for the probabilities of a scikit-learn export (its ZipMap node). */
  readonly labels?: readonly (string | number)[];
}

/** The inputs and outputs of a model, in the model's own order. */
export interface ModelSignature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}
