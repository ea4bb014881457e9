/** A contextual bandit as the policy of a router: LinUCB with a linear model for each arm (Li, Chu, Langford and Schapire, 2010, algorithm 1). */
import { PredictionError, type GraphValue, type LearnFunction, type RouteFunction } from '@marserve/handlers';

/** What is known of an arm: the inverse of A = I + Σ x·xᵀ over its rewarded requests, and b = Σ reward·x. */
interface ArmModel {
  readonly inverse: readonly (readonly number[])[];
  readonly b: readonly number[];
}

type State = Readonly<Record<string, ArmModel>>;

/** The arm that may bring most: what its model expects, and `alpha` times how unsure that is. */
export const route: RouteFunction = async (value, { arms, options, readState }) => {
  const { alpha = 1 } = options;
  const features = featuresOf(value);
  const state = ((await readState()) ?? {}) as State;
  const bounds = arms.map((arm) => upperBound(modelOf(state, arm, features), features, Number(alpha)));
  return { arm: arms[bounds.indexOf(Math.max(...bounds))], features };
};

/** Without features nobody knows what was asked: the client said its route alone, or the weights were set by hand. */
export const learn: LearnFunction = (state, { arm, rewards, features }) => {
  const known = (state ?? {}) as State;
  if (features === undefined) return known;
  const x = features as number[];
  return { ...known, [arm]: updated(modelOf(known, arm, x), x, rewards[0]) };
};

/** One reader a request, with a 1 for what all readers have in common. */
function featuresOf(value: GraphValue): number[] {
  const [reader, ...others] = 'instances' in value ? value.instances : [];
  if (Array.isArray(reader) && others.length === 0 && reader.every(Number.isFinite)) return [1, ...reader];
  throw new PredictionError('Expected one reader, a list of numbers', 400);
}

/** Another number of features is another model. */
function modelOf(state: State, arm: string, { length }: readonly number[]): ArmModel {
  const known = state[arm];
  if (known?.b.length === length) return known;
  const identity = Array.from({ length }, (_, row) => Array.from({ length }, (_, column) => Number(row === column)));
  return { inverse: identity, b: Array.from({ length }, () => 0) };
}

function upperBound({ inverse, b }: ArmModel, x: readonly number[], alpha: number): number {
  const theta = times(inverse, b);
  return dot(theta, x) + alpha * Math.sqrt(dot(x, times(inverse, x)));
}

/** A + x·xᵀ, whose inverse follows from that of A (Sherman and Morrison). */
function updated({ inverse, b }: ArmModel, x: readonly number[], reward: number): ArmModel {
  const ax = times(inverse, x);
  const scale = 1 + dot(x, ax);
  return {
    inverse: inverse.map((row, i) => row.map((each, j) => each - (ax[i] * ax[j]) / scale)),
    b: b.map((each, i) => each + reward * x[i]),
  };
}

function times(matrix: readonly (readonly number[])[], vector: readonly number[]): number[] {
  return matrix.map((row) => dot(row, vector));
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, each, index) => sum + each * other[index], 0);
}
