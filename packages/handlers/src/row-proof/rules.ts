/** What is known of operators: how each moves the axis of the batch, and which never keep rows apart. */
import { names } from './names.ts';
import type { Rules } from './operation.ts';
import { ELEMENTWISE_RULES, unary } from './rules/elementwise.ts';
import { EINSUM_RULES } from './rules/einsum.ts';
import { FUSED_RULES } from './rules/fused.ts';
import { LAYOUT_RULES } from './rules/layout.ts';
import { MACHINE_LEARNING_RULES } from './rules/machine-learning.ts';
import { MATRIX_RULES } from './rules/matrix.ts';
import { QUANTIZED_RULES } from './rules/quantized.ts';
import { RECURRENT_RULES } from './rules/recurrent.ts';
import { REDUCTION_RULES } from './rules/reduction.ts';
import { SLICING_RULES } from './rules/slicing.ts';
import { SPATIAL_RULES } from './rules/spatial.ts';

/** Of ONNX's own operators by name, of others as `domain:name`. */
export const RULES: Rules = {
  ...ELEMENTWISE_RULES,
  ...MATRIX_RULES,
  ...EINSUM_RULES,
  ...SPATIAL_RULES,
  ...REDUCTION_RULES,
  ...LAYOUT_RULES,
  ...SLICING_RULES,
  ...RECURRENT_RULES,
  ...QUANTIZED_RULES,
  ...FUSED_RULES,
  ...MACHINE_LEARNING_RULES,
  Identity: unary,
  Cast: unary,
};

/** Random, or with graphs inside that see values from outside: not the same in every run, even when all inputs are. */
export const NEVER_SAME = new Set(
  names(`
  If Loop Scan SequenceMap Bernoulli Multinomial RandomNormal RandomNormalLike RandomUniform
  RandomUniformLike
`),
);

/**
 * Operators of which trials show nothing: what they make depends on all that goes through the model together, in a way
 * that ordinary rows may not bring to light, or its length on the data, or on graphs inside of them; or the data, or the
 * place in the batch, tells which rows meet.
 */
export const MIXING = new Set([
  ...NEVER_SAME,
  ...names(`
  Compress NonMaxSuppression NonZero StringSplit Unique com.microsoft:Unique DynamicQuantizeLinear
  com.microsoft:DynamicQuantizeMatMul com.microsoft:DynamicQuantizeLSTM Optional OptionalGetElement
  OptionalHasElement com.microsoft:BeamSearch com.microsoft:GreedySearch com.microsoft:Sampling
  com.microsoft:RemovePadding com.microsoft:RestorePadding com.microsoft:Tokenizer
  com.microsoft:PackedAttention com.microsoft:PackedMultiHeadAttention com.microsoft:MoE
  com.microsoft:QMoE com.microsoft:BifurcationDetector com.microsoft:SampleOp
  ConcatFromSequence SequenceAt SequenceConstruct SequenceErase SequenceInsert SplitToSequence EyeLike
  MaxRoiPool MaxUnpool RoiAlign com.microsoft:CropAndResize com.microsoft:IsAllFinite
  NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss
`),
]);
