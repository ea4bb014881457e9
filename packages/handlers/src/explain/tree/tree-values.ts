/** SHAP values of a tree ensemble for one sample, in the space of the sums of its leaves. */
import { addInterventional, leafOf } from './interventional.ts';
import { addPathDependent, expectedValues } from './path-dependent.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';
import type { WeightedSamples } from '../background/weighted-samples.ts';

/** What each feature adds to each output, in comparison with what is expected. */
export interface ShapValues {
  /** What is expected of each output when nothing is known of the sample. */
  readonly baseValues: readonly number[];
  /** [output][feature]; with its base value, those of an output add up to what the model gives. */
  readonly values: readonly (readonly number[])[];
}

/** What the model's sums are for a sample, by output. */
export function treeOutputs({ baseValues, trees }: TreeEnsemble, sample: readonly number[]): number[] {
  const sums = [...baseValues];
  for (const tree of trees) addTo(sums, leafOf(tree, sample), 1);
  return sums;
}

/** @param featureCount of the sample */
export function pathDependentValues(ensemble: TreeEnsemble, sample: readonly number[]): ShapValues {
  const values = noValues(ensemble, sample.length);
  const baseValues = [...ensemble.baseValues];
  for (const tree of ensemble.trees) {
    addPathDependent(tree, sample, values);
    addTo(baseValues, expectedValues(tree), 1);
  }
  return { baseValues, values };
}

/** In comparison with the samples of a background. */
export function interventionalValues(
  ensemble: TreeEnsemble,
  sample: readonly number[],
  { samples, weights }: WeightedSamples<number>,
): ShapValues {
  const values = noValues(ensemble, sample.length);
  const baseValues = ensemble.baseValues.map(() => 0);
  samples.forEach((background, index) => {
    const weight = weights[index] ?? 0;
    addTo(baseValues, treeOutputs(ensemble, background), weight);
    for (const tree of ensemble.trees) addInterventional(tree, { sample, background, weight }, values);
  });
  return { baseValues, values };
}

function noValues({ baseValues }: TreeEnsemble, features: number): number[][] {
  return baseValues.map(() => Array.from({ length: features }, () => 0));
}

function addTo(sums: number[], values: readonly number[], weight: number): void {
  values.forEach((value, output) => (sums[output] = (sums[output] ?? 0) + weight * value));
}
