/** The linear model of LIME: what parts of an image add to the scores of images in which some are covered. */
import type { SeededRandom } from '../random.ts';
import type { Checkpoint } from '../run.ts';
import { leastSquares } from '../shap/least-squares.ts';

/** As scikit-learn's Ridge, which LIME takes. */
const RIDGE = 1;

/** 1 for each part that is left; the first image is whole. */
export function drawMasks(parts: number, samples: number, random: SeededRandom): number[][] {
  return Array.from({ length: samples }, (_, sample) =>
    Array.from({ length: parts }, () => (sample === 0 || random.next() < 0.5 ? 1 : 0)),
  );
}

/** Of one output. */
export interface Fitted {
  /** Where all parts are covered. */
  readonly intercept: number;
  /** Of each part. */
  readonly values: readonly number[];
  /** Share of the weighted variance that the linear model explains. */
  readonly fit: number;
}

/** How they are fitted. */
export interface FitOptions {
  /** How fast images with more covered parts count for less. */
  readonly kernelWidth: number;
  /** Awaited now and then. */
  readonly checkpoint: Checkpoint;
}

/**
 * @param masks [image][part]
 * @param targets [image][output]
 * @returns one for each output
 */
export async function fitScores(
  masks: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
  { kernelWidth, checkpoint }: FitOptions,
): Promise<Fitted[]> {
  const weights = masks.map((mask) => weightOf(mask, kernelWidth));
  const rows = masks.map((mask) => [1, ...mask]);
  // The intercept costs nothing.
  const ridge = (rows[0] ?? []).map((_, column) => (column === 0 ? 0 : RIDGE));
  return (await leastSquares({ rows, targets, weights, ridge }, checkpoint)).map((found, output) => {
    const predicted = rows.map((row) => row.reduce((sum, value, column) => sum + value * (found[column] ?? 0), 0));
    const actual = targets.map((each) => each[output] ?? NaN);
    const [intercept = 0, ...values] = found;
    return { intercept, values, fit: explainedShare(predicted, actual, weights) };
  });
}

/** By the cosine distance from the whole image. */
function weightOf(mask: readonly number[], kernelWidth: number): number {
  const left = mask.reduce((sum, isLeft) => sum + isLeft, 0);
  const distance = 1 - Math.sqrt(left / mask.length);
  return Math.sqrt(Math.exp(-(distance ** 2) / kernelWidth ** 2));
}

function explainedShare(predicted: readonly number[], actual: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = actual.reduce((sum, value, index) => sum + (weights[index] ?? 0) * value, 0) / total;
  const squares = (centre: (index: number) => number) =>
    actual.reduce((sum, value, index) => sum + (weights[index] ?? 0) * (value - centre(index)) ** 2, 0);
  const all = squares(() => mean);
  return all === 0 ? 1 : 1 - squares((index) => predicted[index] ?? 0) / all;
}
