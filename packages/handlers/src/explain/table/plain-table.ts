/** A table whose handler is any: samples go to it as rows, in the form of the row that is explained. */
import type { HandlerContext, Row, RowResult } from '../../handler.ts';
import { isPlainObject } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { isTensor } from '../../tensor/tensor.ts';
import { tensorToJson, valueText } from '../../tensor/tensor-json.ts';
import type { Cell } from '../background/weighted-samples.ts';
import type { ExplainedHandler } from '../explainer.ts';
import { scoresOf } from '../scores.ts';
import type { Table, TableRow } from './table.ts';

/** @param names of the features, where rows are objects: their order in a sample */
export function plainTable(handler: ExplainedHandler, { features, output }: PlainTableOptions): Table {
  return {
    isRemote: false,
    featureNames: features,
    read: (rows) => Promise.resolve(rows.map((row) => readRow(row, features))),
    async predict(samples, row: HandlerContext) {
      const rows = samples.map((sample): Row => ({ data: features === undefined ? sample : named(sample, features) }));
      const answers = await handler.predict(rows, row.forRows(samples.map(() => 0)));
      const scores = answers.map((answer) => scoresOf(checked(answer), output));
      return { names: scores[0]?.names ?? [], values: scores.map(({ values }) => values) };
    },
  };
}

/** Of the model config. */
export interface PlainTableOptions {
  /** Rows are objects of these, where it is set; else lists. */
  readonly features?: readonly string[] | undefined;
  /** See `scoresOf`. */
  readonly output?: string | undefined;
}

/** @throws the answer, of one that is an Error */
export function checked(answer: RowResult): RowResult {
  if (answer instanceof Error) throw answer;
  return answer;
}

/** A sample as an object. */
export function named(sample: readonly Cell[], features: readonly string[]): Record<string, Cell> {
  return Object.fromEntries(features.map((name, index) => [name, sample[index] ?? NaN]));
}

function readRow(row: Row, features: readonly string[] | undefined): TableRow | Error {
  const given = row.data ?? row.body ?? Object.values(row)[0];
  const value = isTensor(given) ? tensorToJson(given) : given;
  const isBatch = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'object');
  const items = ((isBatch ? value : [value]) as unknown[]).map((item) => readSample(item, features));
  if (!items.every((sample) => sample !== undefined)) return notSamples(value, features);
  return { items: items.map((cells) => ({ cells })), isBatch };
}

/** Undefined for what is no sample. @param features names, where it may be an object */
export function readSample(value: unknown, features: readonly string[] | undefined): readonly Cell[] | undefined {
  const cells = isPlainObject(value) ? features?.map((name) => value[name]) : value;
  if (!Array.isArray(cells) || cells.length === 0) return undefined;
  return cells.every((cell) => typeof cell === 'number' || typeof cell === 'string') ? cells : undefined;
}

/** The error of a client that sent something else. */
export function notSamples(value: unknown, features: readonly string[] | undefined): PredictionError {
  const expected =
    features === undefined
      ? 'a list of numbers and texts (objects need explainer.features in the model config)'
      : `a list of ${features.length} numbers and texts, or an object of ${features.join(', ')}`;
  return new PredictionError(`Expected a sample to explain: ${expected}; got ${valueText(value)}`, 400);
}
