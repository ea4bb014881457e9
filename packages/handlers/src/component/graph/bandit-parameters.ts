/** The parameters of Seldon's bandits, by the names that its classes have for them (`EpsilonGreedy.py`, `ThompsonSampling.py`). */
import { valueText } from '../../tensor/tensor-json.ts';
import type { CheckedUnit } from './built-in-units.ts';

/** What both have. */
export interface BanditParameters {
  /** How many children there are. Default: as many as there are. */
  readonly n_branches?: number;
  /** Whether each decision and each feedback is logged. Default false. */
  readonly verbose?: boolean;
  /** Of the random numbers; others at each start by default. */
  readonly seed?: number;
  /** Taken, and does nothing: what is learnt is in the store. */
  readonly history?: boolean;
  /** What logs call the children, with colons between. */
  readonly branch_names?: string;
}

/** What the one has that mostly takes the best child. */
export interface EpsilonGreedyParameters extends BanditParameters {
  /** How often another child than the best one is chosen. Default 0.1. */
  readonly epsilon?: number;
  /** The child that is best before anything is known; one of them by chance by default. */
  readonly best_branch?: number;
}

const COMMON = ['n_branches', 'verbose', 'seed', 'history', 'branch_names'];

/** Undefined where nothing is wrong. */
export function thompsonSamplingProblem(unit: CheckedUnit): string | undefined {
  return commonProblem(unit, COMMON);
}

/** Undefined where nothing is wrong. */
export function epsilonGreedyProblem(unit: CheckedUnit): string | undefined {
  const { epsilon = 0.1, best_branch: best = 0 } = unit.parameters as EpsilonGreedyParameters;
  const count = unit.children.length;
  const common = commonProblem(unit, [...COMMON, 'epsilon', 'best_branch']);
  if (common !== undefined) return common;
  if (!(typeof epsilon === 'number' && epsilon >= 0 && epsilon <= 1))
    return `epsilon: expected a number from 0 to 1, got ${valueText(epsilon)}`;
  if (Number.isInteger(best) && best >= 0 && best < count) return undefined;
  return `best_branch: expected a child from 0 to ${count - 1}, got ${valueText(best)}`;
}

function commonProblem({ children, parameters }: CheckedUnit, known: readonly string[]): string | undefined {
  const unknown = Object.keys(parameters).find((name) => !known.includes(name));
  if (unknown !== undefined) return `unknown parameter "${unknown}"; known are ${known.join(', ')}`;
  const count = children.length;
  if (count === 0) return 'a bandit chooses among children, and there are none';
  const { n_branches: branches = count, seed = 0, branch_names: names } = parameters;
  if (Number(branches) !== count) return `n_branches: there are ${count} children, got ${valueText(branches)}`;
  if (!Number.isSafeInteger(seed)) return `seed: expected an integer, got ${valueText(seed)}`;
  if (names === undefined || (typeof names === 'string' && names.split(':').length === count)) return undefined;
  return `branch_names: expected ${count} names with colons between, got ${valueText(names)}`;
}
