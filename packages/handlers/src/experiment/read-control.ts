/** What somebody says of an experiment by hand. */
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { valueText } from '../tensor/tensor-json.ts';
import type { ExperimentControl, ExperimentState } from './experiment-store.ts';

/** @throws PredictionError 400 for anything but `{frozen, weights}` @returns what becomes of what was said before */
export function readControl(message: unknown, arms: readonly string[]) {
  const expected = '{"frozen": true or false, "weights": a number for each arm, or null}';
  if (!isPlainObject(message) || Object.keys(message).length === 0)
    throw wrong(`expected ${expected}, got ${valueText(message)}`);
  const odd = Object.keys(message).find((key) => key !== 'frozen' && key !== 'weights');
  if (odd !== undefined) throw wrong(`it has "${odd}"; expected ${expected}`);
  const { frozen, weights } = message;
  if (frozen !== undefined && typeof frozen !== 'boolean')
    throw wrong(`"frozen" must be true or false, got ${valueText(frozen)}`);
  const given = weights === undefined || weights === null ? undefined : readWeights(weights, arms);
  return (old: ExperimentControl, now: ExperimentState): ExperimentControl => ({
    ...(frozen === false ? {} : frozen === true && old.frozen === undefined ? frozenAt(now) : frozenOf(old)),
    weights: weights === undefined ? old.weights : given,
  });
}

type Frozen = Pick<ExperimentControl, 'frozen' | 'frozenDocument'>;

function frozenAt({ arms, document }: ExperimentState): Frozen {
  return { frozen: arms, frozenDocument: document };
}

function frozenOf({ frozen, frozenDocument }: ExperimentControl): Frozen {
  return { frozen, frozenDocument };
}

function readWeights(weights: unknown, arms: readonly string[]): Record<string, number> {
  const expected = `"weights" must have a number of at least 0 for each of ${arms.join(', ')}, one of them above 0`;
  if (!isPlainObject(weights)) throw wrong(`${expected}; got ${valueText(weights)}`);
  const odd = Object.keys(weights).find((arm) => !arms.includes(arm));
  if (odd !== undefined) throw wrong(`"weights" has "${odd}", which is no arm; arms are ${arms.join(', ')}`);
  const missing = arms.filter((arm) => weights[arm] === undefined);
  if (missing.length > 0) throw wrong(`${expected}; there is none for ${missing.join(', ')}`);
  const numbers = arms.map((arm) => weights[arm]);
  const isRight = numbers.every((each) => typeof each === 'number' && Number.isFinite(each) && each >= 0);
  if (!isRight || !numbers.some((each) => Number(each) > 0))
    throw wrong(`${expected}; got ${JSON.stringify(weights).slice(0, 200)}`);
  return weights as Record<string, number>;
}

function wrong(problem: string): PredictionError {
  return new PredictionError(`Invalid change of an experiment: ${problem}`, 400);
}
