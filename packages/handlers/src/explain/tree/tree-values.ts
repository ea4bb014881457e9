/** SHAP values of a tree ensemble for one sample, in the space of the sums of its leaves. */
import { addInterventional, leafOf } from './interventional.ts';
import { addPathDependent, expectedValues } from './path-dependent.ts';
import type { FoundEnsemble } from './find-ensemble.ts';
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
export function treeOutputs(ensemble: FoundEnsemble, sample: readonly number[]): number[] {
  return sumsOf(ensemble, ensemble.columnsOf(sample));
}

function sumsOf({ baseValues, trees }: FoundEnsemble, columns: readonly number[]): number[] {
  const sums = [...baseValues];
  for (const tree of trees) addTo(sums, leafOf(tree, columns), 1);
  return sums;
}

/** In comparison with the data that the covers count. */
export async function pathDependentValues(
  ensemble: FoundEnsemble,
  sample: readonly number[],
  checkpoint: Checkpoint,
): Promise<ShapValues> {
  const values = noValues(ensemble, sample.length);
  const baseValues = [...ensemble.baseValues];
  const columns = ensemble.columnsOf(sample);
  for (const [index, tree] of ensemble.trees.entries()) {
    addPathDependent(tree, columns, values);
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
  ensemble: FoundEnsemble,
  { sample, background: { samples, weights } }: Compared,
  checkpoint: Checkpoint,
): Promise<ShapValues> {
  const values = noValues(ensemble, sample.length);
  const baseValues = ensemble.baseValues.map(() => 0);
  const columns = ensemble.columnsOf(sample);
  for (const [index, other] of samples.entries()) {
    const background = ensemble.columnsOf(other);
    const weight = weights[index] ?? 0;
    addTo(baseValues, sumsOf(ensemble, background), weight);
    for (const tree of ensemble.trees) {
      addInterventional(tree, { sample: columns, background, weight }, values);
      await checkpoint(index / samples.length);
    }
  }
  return { baseValues, values };
}

function noValues({ baseValues }: FoundEnsemble, features: number): number[][] {
  return baseValues.map(() => Array.from({ length: features }, () => 0));
}

function addTo(sums: number[], values: readonly number[], weight: number): void {
  values.forEach((value, output) => (sums[output] = (sums[output] ?? 0) + weight * value));
}
