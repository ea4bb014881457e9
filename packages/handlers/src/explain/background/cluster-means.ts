/** Few samples that stand for many: k-means, as the Python package shap summarizes a background. */
import { SeededRandom } from '../random.ts';
import { evenly, type Cell, type WeightedSamples } from './weighted-samples.ts';

const MOST_ROUNDS = 100;

/**
 * The means of clusters, weighted by their sizes; each value is the nearest one that a sample has (`round_values` of shap), of
 * categories the one that most samples of the cluster have. Fewer samples than clusters stay as they are.
 */
export function clusterMeans(samples: readonly (readonly Cell[])[], clusters: number, seed: number): WeightedSamples {
  if (samples.length <= clusters) return evenly(samples);
  const { vectors, isCategory } = vectorsOf(samples);
  const places = assign(vectors, clusters, new SeededRandom(seed));
  const groups = Array.from({ length: clusters }, (_, cluster) =>
    samples.filter((_, index) => places[index] === cluster),
  );
  const filled = groups.filter((group) => group.length > 0);
  return {
    samples: filled.map((group) =>
      isCategory.map((is, column) => (is ? mostOf(group, column) : meanOf(group, samples, column))),
    ),
    weights: filled.map(({ length }) => length / samples.length),
  };
}

/** Categories are a 0 or 1 for each of theirs, a value that is not there is 0. */
function vectorsOf(samples: readonly (readonly Cell[])[]) {
  const isCategory = (samples[0] ?? []).map((_, column) =>
    samples.some((sample) => typeof sample[column] === 'string'),
  );
  const values = isCategory.map((is, column) =>
    is ? [...new Set(samples.map((sample) => sample[column]))] : undefined,
  );
  const vectors = samples.map((sample) =>
    sample.flatMap((cell, column) => values[column]?.map((value) => Number(value === cell)) ?? [Number(cell) || 0]),
  );
  return { vectors, isCategory };
}

/** k-means++, then Lloyd's rounds. */
function assign(vectors: readonly (readonly number[])[], clusters: number, random: SeededRandom): readonly number[] {
  const means = [vectors[random.below(vectors.length)] ?? []];
  while (means.length < clusters) {
    const distances = vectors.map((vector) => Math.min(...means.map((mean) => distance(vector, mean))));
    if (distances.every((each) => each === 0)) break;
    means.push(vectors[random.weighted(distances)] ?? []);
  }
  let places: readonly number[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const next = vectors.map((vector) => nearest(vector, means));
    if (next.every((place, index) => place === places[index])) break;
    places = next;
    means.forEach((mean, cluster) => {
      const group = vectors.filter((_, index) => places[index] === cluster);
      if (group.length > 0) means[cluster] = mean.map((_, column) => average(group.map((each) => each[column] ?? 0)));
    });
  }
  return places;
}

function nearest(vector: readonly number[], means: readonly (readonly number[])[]): number {
  const distances = means.map((mean) => distance(vector, mean));
  return distances.indexOf(Math.min(...distances));
}

function distance(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, column) => sum + (value - (other[column] ?? 0)) ** 2, 0);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanOf(group: readonly (readonly Cell[])[], all: readonly (readonly Cell[])[], column: number): number {
  const known = (samples: readonly (readonly Cell[])[]) =>
    samples.map((sample) => Number(sample[column])).filter((value) => !Number.isNaN(value));
  const values = known(group);
  if (values.length === 0) return NaN;
  const mean = average(values);
  return known(all).reduce((best, value) => (Math.abs(value - mean) < Math.abs(best - mean) ? value : best), Infinity);
}

function mostOf(group: readonly (readonly Cell[])[], column: number): Cell {
  const counts = new Map<Cell, number>();
  for (const sample of group) counts.set(sample[column] ?? '', (counts.get(sample[column] ?? '') ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0] ?? '';
}
