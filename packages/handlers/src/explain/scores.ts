/** What of a handler's answer is explained: the numbers that it gives for a sample. */
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { isTensor } from '../tensor/tensor.ts';
import { valueText } from '../tensor/tensor-json.ts';
import { floatValues } from '../tensor/tensor-values.ts';

/** Of one sample. */
export interface Scores {
  /** Names of classes where the answer has some; else their places. */
  readonly names: readonly string[];
  /** In the same order. */
  readonly values: readonly number[];
}

/**
 * Finds a number, a list of numbers, or numbers by the names of classes; under `probabilities` or `scores` where an answer has
 * these.
 * @param output the key that has the numbers, where an answer has several
 * @throws PredictionError for an answer without, or with several
 */
export function scoresOf(answer: unknown, output?: string): Scores {
  const only = withoutBatch(answer);
  if (output === undefined) return numbersOf(only) ?? numbersWithin(only) ?? noScores(only);
  const chosen = isPlainObject(only) && Object.hasOwn(only, output) ? withoutBatch(only[output]) : undefined;
  if (chosen === undefined)
    throw new PredictionError(`explainer.output: the answer has no "${output}": ${valueText(only)}`);
  return numbersOf(chosen) ?? noScores(chosen);
}

/** A list of one list is the batch of one. */
function withoutBatch(answer: unknown): unknown {
  if (isTensor(answer)) return floatValues(answer);
  const isBatch = Array.isArray(answer) && answer.length === 1 && typeof answer[0] === 'object';
  return isBatch ? withoutBatch(answer[0]) : answer;
}

function numbersOf(value: unknown): Scores | undefined {
  if (isNumber(value)) return { names: ['0'], values: [Number(value)] };
  if (Array.isArray(value) && value.length > 0 && value.every(isNumber))
    return { names: value.map((_, index) => String(index)), values: value.map(Number) };
  if (!isPlainObject(value)) return undefined;
  const values = Object.values(value);
  if (values.length === 0 || !values.every(isNumber)) return undefined;
  return { names: Object.keys(value), values: values.map(Number) };
}

/** What JSON cannot hold comes as text. */
const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'];

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint' || NOT_FINITE.includes(value as string);
}

/** Of a label beside them, classes and scores are told by their names. */
function numbersWithin(value: unknown): Scores | undefined {
  if (!isPlainObject(value)) return undefined;
  const customary = numbersOf(withoutBatch(value.probabilities ?? value.scores));
  if (customary !== undefined) return customary;
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const scores = numbersOf(withoutBatch(field));
    return scores === undefined ? [] : [{ name, scores }];
  });
  const named = fields.filter(({ name }) => /prob|score/i.test(name));
  const found = named.length > 0 ? named : fields;
  return found.length === 1 ? found[0]?.scores : undefined;
}

function noScores(value: unknown): never {
  throw new PredictionError(
    `Expected an answer with numbers to explain: a list, an object of numbers, or one of these under "probabilities" or "scores"; got ${valueText(value)}. ` +
      'Say with the key explainer.output which part of the answer it is',
  );
}
