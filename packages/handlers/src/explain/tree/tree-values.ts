/** SHAP values of a tree ensemble for one sample, in the space of the sums of its leaves. */
import { addInterventional, leafOf } from './interventional.ts';
import { addPathDependent, expectedValues } from './path-dependent.ts';
import type { TreeEnsemble } from './tree-ensemble.ts';
import type { WeightedSamples } from '../background/weighted-samples.ts';
import type { Checkpoint } from '../run.ts';

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

/** In comparison with the data that the covers count. */
export async function pathDependentValues(
  ensemble: TreeEnsemble,
  sample: readonly number[],
  checkpoint: Checkpoint,
): Promise<ShapValues> {
  const values = noValues(ensemble, sample.length);
  const baseValues = [...ensemble.baseValues];
  for (const [index, tree] of ensemble.trees.entries()) {
    addPathDependent(tree, sample, values);
    addTo(baseValues, expectedValues(tree), 1);
    await checkpoint(index / ensemble.trees.length);
  }
  return { baseValues, values };
}

/** A sample, and what it is compared with. */
export interface Compared {
  /** A value for each feature. */
  readonly sample: readonly number[];
  /** As many values in each. */
  readonly background: WeightedSamples<number>;
}

/** In comparison with the samples of a background. */
export async function interventionalValues(
  ensemble: TreeEnsemble,
  { sample, background: { samples, weights } }: Compared,
  checkpoint: Checkpoint,
): Promise<ShapValues> {
  const values = noValues(ensemble, sample.length);
  const baseValues = ensemble.baseValues.map(() => 0);
  for (const [index, background] of samples.entries()) {
    const weight = weights[index] ?? 0;
    addTo(baseValues, treeOutputs(ensemble, background), weight);
    for (const tree of ensemble.trees) {
      addInterventional(tree, { sample, background, weight }, values);
      await checkpoint(index / samples.length);
    }
  }
  return { baseValues, values };
}

function noValues({ baseValues }: TreeEnsemble, features: number): number[][] {
  return baseValues.map(() => Array.from({ length: features }, () => 0));
}

function addTo(sums: number[], values: readonly number[], weight: number): void {
  values.forEach((value, output) => (sums[output] = (sums[output] ?? 0) + weight * value));
}
