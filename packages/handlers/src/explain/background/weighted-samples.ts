/** A background: what features are like when they are not known. */

/** A value of a feature: a number, or a category. */
export type Cell = number | string;

/** Samples that each stand for a part of the data. */
export interface WeightedSamples<T extends Cell = Cell> {
  /** A value for each feature. */
  readonly samples: readonly (readonly T[])[];
  /** Of each sample; they add up to 1. */
  readonly weights: readonly number[];
}

/** Each counts as much. */
export function evenly<T extends Cell>(samples: readonly (readonly T[])[]): WeightedSamples<T> {
  return { samples, weights: samples.map(() => 1 / samples.length) };
}
