/** Weighted linear least squares, by the normal equations. */
import type { Checkpoint } from '../run.ts';

/** What the diagonal has added where columns depend on each other, of its largest element. */
const TINY = 1e-12;

/** What is to be explained by what. */
export interface Regression {
  /** [row][column] */
  readonly rows: readonly (readonly number[])[];
  /** [row][target] */
  readonly targets: readonly (readonly number[])[];
  /** Of each row. */
  readonly weights: readonly number[];
  /** What the squares of the coefficients cost: one number for each column. None by default. */
  readonly ridge?: readonly number[];
}

/** Coefficients that give the targets of all rows as nearly as they can: [target][column]. */
export async function leastSquares(regression: Regression, checkpoint: Checkpoint): Promise<number[][]> {
  const { rows, targets, weights, ridge = [] } = regression;
  const columns = rows[0]?.length ?? 0;
  const outputs = targets[0]?.length ?? 0;
  const matrix = Array.from({ length: columns }, () => new Float64Array(columns));
  const right = Array.from({ length: outputs }, () => new Float64Array(columns));
  for (const [index, row] of rows.entries()) {
    await checkpoint();
    const weight = weights[index] ?? 1;
    for (let i = 0; i < columns; i += 1) {
      const scaled = weight * (row[i] ?? 0);
      if (scaled === 0) continue;
      const line = matrix[i] as Float64Array;
      for (let j = 0; j <= i; j += 1) line[j] = (line[j] ?? 0) + scaled * (row[j] ?? 0);
      right.forEach((sums, output) => (sums[i] = (sums[i] ?? 0) + scaled * (targets[index]?.[output] ?? 0)));
    }
  }
  const largest = matrix.reduce((most, line, index) => Math.max(most, line[index] ?? 0), 0);
  matrix.forEach((line, index) => (line[index] = (line[index] ?? 0) + (ridge[index] ?? 0) + TINY * largest));
  await factorize(matrix, checkpoint);
  return right.map((sums) => solve(matrix, sums));
}

/** Cholesky's, in place; the lower half counts. */
async function factorize(matrix: readonly Float64Array[], checkpoint: Checkpoint): Promise<void> {
  for (const [i, line] of matrix.entries()) {
    await checkpoint();
    for (let j = 0; j <= i; j += 1) {
      const other = matrix[j] as Float64Array;
      let sum = line[j] ?? 0;
      for (let k = 0; k < j; k += 1) sum -= (line[k] ?? 0) * (other[k] ?? 0);
      line[j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (other[j] ?? 1);
    }
  }
}

function solve(factor: readonly Float64Array[], right: Float64Array): number[] {
  const found = [...right];
  const at = (row: number, column: number): number => factor[row]?.[column] ?? 0;
  for (let i = 0; i < found.length; i += 1) {
    for (let j = 0; j < i; j += 1) found[i] = (found[i] ?? 0) - at(i, j) * (found[j] ?? 0);
    found[i] = (found[i] ?? 0) / at(i, i);
  }
  for (let i = found.length - 1; i >= 0; i -= 1) {
    for (let j = i + 1; j < found.length; j += 1) found[i] = (found[i] ?? 0) - at(j, i) * (found[j] ?? 0);
    found[i] = (found[i] ?? 0) / at(i, i);
  }
  return found;
}
