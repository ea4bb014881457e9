/** The answer of the methods that give Shapley values; its names are those of shap's `Explanation`. */
import type { Cell } from '../background/weighted-samples.ts';

/** Of one sample. */
export interface ShapExplanation {
  /** Such as `tree_shap`. */
  readonly method: string;
  /** What else would give another answer. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Of everything that was drawn by chance. */
  readonly seed: number;
  /** In the order of the sample. */
  readonly feature_names: readonly string[];
  /** The sample. */
  readonly data: readonly Cell[];
  /** Classes, or outputs. */
  readonly output_names: readonly string[];
  /** What the model gives for the sample; one for each output. */
  readonly outputs: readonly number[];
  /** What it gives when nothing is known of the sample. */
  readonly base_values: readonly number[];
  /** [output][feature]: with its base value, those of an output add up to what the model gives. */
  readonly values: readonly (readonly number[])[];
}

/** All outputs, or the one that is highest. */
export function selectOutputs(explanation: ShapExplanation, classes: 'all' | 'top'): ShapExplanation {
  if (classes === 'all') return explanation;
  const { outputs, output_names: names, base_values: bases, values } = explanation;
  const top = outputs.indexOf(Math.max(...outputs));
  const only = <T>(list: readonly T[]): readonly T[] => list.slice(top, top + 1);
  return {
    ...explanation,
    output_names: only(names),
    outputs: only(outputs),
    base_values: only(bases),
    values: only(values),
  };
}
