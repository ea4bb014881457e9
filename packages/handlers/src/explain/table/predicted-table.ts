/** A table whose model is behind a predictor: samples go to it in the form of the row that is explained. */
import type { HandlerContext, Row } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import { createTensor, isTensor, type Tensor } from '../../tensor/tensor.ts';
import { floatValues } from '../../tensor/tensor-values.ts';
import { rowsOfTensors } from '../../transformer/convert.ts';
import type { Cell } from '../background/weighted-samples.ts';
import type { ExplainedHandler } from '../explainer.ts';
import { scoresOf } from '../scores.ts';
import { checked, named, notSamples, readSample, type PlainTableOptions } from './plain-table.ts';
import type { RowForm, Table, TableRow, TensorForm } from './table.ts';

type Samples = readonly (readonly Cell[])[];

/** @param handler that asks the predictor */
export function predictedTable(handler: ExplainedHandler, { features, output }: PlainTableOptions): Table {
  const answersOf = async (samples: Samples, row: HandlerContext, form?: RowForm): Promise<readonly unknown[]> => {
    if (form?.kind === 'tensors') {
      const [answer] = await handler.predict([tensorsOf(samples, form.tensors)], row.forRows([0]));
      return rowsOf(checked(answer), samples.length);
    }
    const isObject = form === undefined ? features !== undefined : form.kind === 'object';
    const rows = samples.map((cells): Row => {
      return { [form?.field ?? 'body']: isObject ? named(cells, features ?? []) : cells };
    });
    return (await handler.predict(rows, row.forRows(samples.map(() => 0)))).map(checked);
  };
  return {
    isRemote: true,
    featureNames: features,
    read: (rows) => Promise.resolve(rows.map((row) => readRow(row, features))),
    async predict(samples, row, form) {
      const scores = (await answersOf(samples, row, form)).map((answer) => scoresOf(answer, output));
      return { names: scores[0]?.names ?? [], values: scores.map(({ values }) => values) };
    },
  };
}

function readRow(row: Row, features: readonly string[] | undefined): TableRow | Error {
  const entries = Object.entries(row);
  if (entries.length > 0 && entries.every(([, value]) => isTensor(value)))
    return readTensors(entries as [string, Tensor][], features);
  const field = ['data', 'body'].find((name) => Object.hasOwn(row, name)) ?? Object.keys(row)[0] ?? 'body';
  const value = row[field];
  const isBatch = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'object');
  const given = (isBatch ? value : [value]) as unknown[];
  const items = given.map((item) => readSample(item, features));
  if (!items.every((cells) => cells !== undefined)) return notSamples(value, features);
  return {
    isBatch,
    items: items.map((cells, index) => ({
      cells,
      form: { kind: Array.isArray(given[index]) ? 'list' : 'object', field },
    })),
  };
}

/** Each has the samples along its first axis; several are in the order of the features where these are their names. */
function readTensors(
  entries: readonly (readonly [string, Tensor])[],
  features: readonly string[] | undefined,
): TableRow | Error {
  const byName = new Map(entries);
  const isNamed = features?.length === entries.length && features.every((name) => byName.has(name));
  const ordered = isNamed ? features.map((name) => [name, byName.get(name) as Tensor] as const) : entries;
  const count = ordered[0]?.[1].shape[0] ?? 0;
  const isTable = ({ shape }: Tensor): boolean => shape.length > 0 && shape.length < 3 && shape[0] === count;
  if (count === 0 || !ordered.every(([, tensor]) => isTable(tensor))) {
    const got = ordered.map(([name, { shape }]) => `"${name}" [${shape.join(', ')}]`).join(', ');
    const expected = 'tensors of 1 or 2 dimensions with as many samples along the first, and one at least';
    return new PredictionError(`Expected samples to explain: ${expected}; got ${got}`, 400);
  }
  const tensors = ordered.map(([name, { type, shape }]): TensorForm => {
    return { name, type, width: shape[1] ?? 1, isFlat: shape.length === 1 };
  });
  const cells = ordered.map(([, tensor]) =>
    tensor.type === 'string' ? (tensor.data as readonly string[]) : floatValues(tensor),
  );
  const items = Array.from({ length: count }, (_, sample) => ({
    cells: tensors.flatMap(({ width }, index) => [
      ...((cells[index]?.slice(sample * width, (sample + 1) * width) as Iterable<Cell> | undefined) ?? []),
    ]),
    form: { kind: 'tensors', tensors } as const,
  }));
  return { items, isBatch: true };
}

function tensorsOf(samples: Samples, forms: readonly TensorForm[]): Row {
  let first = 0;
  const entries = forms.map(({ name, type, width, isFlat }) => {
    const cells = samples.flatMap((sample) => sample.slice(first, first + width));
    first += width;
    const shape = isFlat ? [samples.length] : [samples.length, width];
    return [name, createTensor(type, shape, type === 'string' ? cells.map(String) : cells.map(Number))] as const;
  });
  return Object.fromEntries(entries);
}

/** Of one answer for several samples. @throws PredictionError 502 for another number of them */
export function rowsOf(answer: unknown, count: number): readonly unknown[] {
  const rows = splitRows(answer);
  if (rows?.length === count) return rows;
  const got = rows === undefined ? 'something else' : String(rows.length);
  throw new PredictionError(`Expected ${count} predictions of the predictor, one for each sample, got ${got}`, 502);
}

function splitRows(answer: unknown): readonly unknown[] | undefined {
  if (Array.isArray(answer)) return answer;
  if (isTensor(answer)) return rowsOfTensors({ answer }, 502);
  const entries = typeof answer === 'object' && answer !== null ? Object.entries(answer) : [];
  const tensors = entries.filter((entry): entry is [string, Tensor] => isTensor(entry[1]));
  return tensors.length > 0 && tensors.length === entries.length
    ? rowsOfTensors(Object.fromEntries(tensors), 502)
    : undefined;
}
