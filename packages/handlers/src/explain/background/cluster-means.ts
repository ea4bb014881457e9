/** Few samples that stand for many: k-means, as the Python package shap summarizes a background. */
import { SeededRandom } from '../random.ts';
import type { Checkpoint } from '../run.ts';
import { evenly, type Cell, type WeightedSamples } from './weighted-samples.ts';

const MOST_ROUNDS = 100;

/** How many, and for what is drawn. */
export interface Clustering {
  /** Most means. */
  readonly clusters: number;
  /** The same seed gives the same means. */
  readonly seed: number;
}

/**
 * The means of clusters, weighted by their sizes; each value is the nearest one that a sample has (`round_values` of shap), of
 * categories the one that most samples of the cluster have. Fewer samples than clusters stay as they are.
 */
export async function clusterMeans(
  samples: readonly (readonly Cell[])[],
  { clusters, seed }: Clustering,
  checkpoint: Checkpoint,
): Promise<WeightedSamples> {
  if (samples.length <= clusters) return evenly(samples);
  const { vectors, isCategory } = vectorsOf(samples);
  const places = await assign(vectors, { clusters, random: new SeededRandom(seed) }, checkpoint);
  const groups = Array.from({ length: clusters }, (): (readonly Cell[])[] => []);
  samples.forEach((sample, index) => groups[places[index] ?? 0]?.push(sample));
  const filled = groups.filter((group) => group.length > 0);
  const means = filled.map((): Cell[] => []);
  for (const [column, is] of isCategory.entries()) {
    const known = is ? [] : knownOf(samples, column);
    for (const [index, group] of filled.entries()) {
      await checkpoint();
      means[index]?.push(is ? mostOf(group, column) : nearestTo(meanOf(knownOf(group, column)), known));
    }
  }
  return { samples: means, weights: filled.map(({ length }) => length / samples.length) };
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
    sample.flatMap((cell, column) => values[column]?.map((value) => Number(value === cell)) ?? [finite(cell)]),
  );
  return { vectors, isCategory };
}

function finite(cell: Cell): number {
  return Number.isFinite(Number(cell)) ? Number(cell) : 0;
}

type Vectors = readonly (readonly number[])[];

interface Assigning {
  readonly clusters: number;
  readonly random: SeededRandom;
}

/** k-means++, then Lloyd's rounds. */
async function assign(vectors: Vectors, options: Assigning, checkpoint: Checkpoint): Promise<readonly number[]> {
  const means = await firstMeans(vectors, options, checkpoint);
  let places: readonly number[] = [];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const next: number[] = [];
    for (const vector of vectors) {
      await checkpoint(round / MOST_ROUNDS);
      next.push(nearest(vector, means));
    }
    if (next.every((place, index) => place === places[index])) break;
    places = next;
    meansOf(vectors, places, means.length).forEach((mean, cluster) => (means[cluster] = mean ?? means[cluster] ?? []));
  }
  return places;
}

async function firstMeans(vectors: Vectors, { clusters, random }: Assigning, checkpoint: Checkpoint) {
  const means = [vectors[random.below(vectors.length)] ?? []];
  const distances = vectors.map(() => Infinity);
  while (means.length < clusters) {
    const last = means.at(-1) ?? [];
    for (const [index, vector] of vectors.entries()) {
      await checkpoint();
      distances[index] = Math.min(distances[index] ?? Infinity, distance(vector, last));
    }
    if (distances.every((each) => each === 0)) break;
    means.push(vectors[random.weighted(distances)] ?? []);
  }
  return means;
}

/** Undefined for a cluster without samples. */
function meansOf(vectors: Vectors, places: readonly number[], clusters: number): (number[] | undefined)[] {
  const sums: (number[] | undefined)[] = Array.from({ length: clusters });
  const counts = Array.from({ length: clusters }, () => 0);
  vectors.forEach((vector, index) => {
    const place = places[index] ?? 0;
    counts[place] = (counts[place] ?? 0) + 1;
    const sum = (sums[place] ??= vector.map(() => 0));
    vector.forEach((value, column) => (sum[column] = (sum[column] ?? 0) + value));
  });
  return sums.map((sum, cluster) => sum?.map((value) => value / (counts[cluster] ?? 1)));
}

function nearest(vector: readonly number[], means: Vectors): number {
  let [found, least] = [0, Infinity];
  means.forEach((mean, index) => {
    const away = distance(vector, mean);
    if (away < least) [found, least] = [index, away];
  });
  return found;
}

function distance(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, column) => sum + (value - (other[column] ?? 0)) ** 2, 0);
}

function knownOf(samples: readonly (readonly Cell[])[], column: number): number[] {
  return samples.map((sample) => Number(sample[column])).filter((value) => !Number.isNaN(value));
}

/** NaN of none. */
function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function nearestTo(mean: number, values: readonly number[]): number {
  if (Number.isNaN(mean)) return NaN;
  return values.reduce((best, value) => (Math.abs(value - mean) < Math.abs(best - mean) ? value : best));
}

function mostOf(group: readonly (readonly Cell[])[], column: number): Cell {
  const counts = new Map<Cell, number>();
  for (const sample of group) counts.set(sample[column] ?? '', (counts.get(sample[column] ?? '') ?? 0) + 1);
  let [found, most]: [Cell, number] = ['', 0];
  for (const [value, count] of counts) if (count > most) [found, most] = [value, count];
  return found;
}
