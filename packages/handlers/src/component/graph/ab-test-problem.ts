/** What may be wrong with an A/B test. */
import type { CheckedUnit } from './built-in-units.ts';

/** Of `ratioA` where nobody says, as in the executor. */
export const EVEN = 0.5;

/** Undefined where nothing is. */
export function abTestProblem({ children, parameters: { ratioA = EVEN } }: CheckedUnit): string | undefined {
  if (children.length !== 2) return `an A/B test has two children, got ${children.length}`;
  const ratio = Number(ratioA);
  return ratio >= 0 && ratio <= 1 ? undefined : `ratioA: expected a number from 0 to 1, got ${String(ratioA)}`;
}
