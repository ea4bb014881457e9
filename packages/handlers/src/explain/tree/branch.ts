/** The question that a branch of a tree asks of a sample. */

/** Of one feature. */
export interface Branch {
  /** Its place in a sample. */
  readonly feature: number;
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

/** Which way a sample goes. */
export function goesTrue({ feature, threshold, missingIsTrue, holds }: Branch, sample: readonly number[]): boolean {
  const value = sample[feature] ?? NaN;
  return Number.isNaN(value) ? missingIsTrue : holds(value, threshold);
}
