/** The question that a branch of a tree asks of a sample. */

/** Of one feature. */
export interface Branch {
  /** The feature of the model's input that it is about. */
  readonly feature: number;
  /** Its place in what the trees are given. */
  readonly column: number;
  /** What it is compared with. */
  readonly threshold: number;
  /** Whether a value that is not there (NaN) goes the way of those of which it holds. */
  readonly missingIsTrue: boolean;
  /** Whether it holds of a value. */
  readonly holds: (value: number, threshold: number) => boolean;
}

const MODES: Readonly<Record<string, Branch['holds']>> = {
  BRANCH_LEQ: (value, threshold) => value <= threshold,
  BRANCH_LT: (value, threshold) => value < threshold,
  BRANCH_GTE: (value, threshold) => value >= threshold,
  BRANCH_GT: (value, threshold) => value > threshold,
  BRANCH_EQ: (value, threshold) => value === threshold,
  BRANCH_NEQ: (value, threshold) => value !== threshold,
};

/** @param mode as ONNX has it: `BRANCH_LEQ`, … @throws Error for another */
export function branchOf(mode: string, branch: Omit<Branch, 'holds'>): Branch {
  const holds = MODES[mode];
  if (holds === undefined) throw new Error(`expected branches of ${Object.keys(MODES).join(', ')}; got "${mode}"`);
  return { ...branch, holds };
}

/** Which way a sample goes. @param columns what the trees are given of it */
export function goesTrue({ column, threshold, missingIsTrue, holds }: Branch, columns: readonly number[]): boolean {
  const value = columns[column] ?? NaN;
  return Number.isNaN(value) ? missingIsTrue : holds(value, threshold);
}
