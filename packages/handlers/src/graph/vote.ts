/** Which of several answers most gave, row by row. */
import type { NamedTensors } from '@marserve/client';
import { stackTensors, splitTensor, type Tensor } from '../tensor/tensor.ts';
import { rowsOfTensors } from '../transformer/convert.ts';

/** The place of the value that most gave; of several, of what came first. @param values as JSON has them */
export function mostGiven(values: readonly unknown[]): number {
  const texts = values.map((value) => JSON.stringify(value, exactly));
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return texts.findIndex((text) => counts.get(text) === most);
}

/** Integers of 64 bits that are no safe numbers. */
function exactly(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}

/**
 * The vote of tensors is tensors, of their names and types, so that what comes behind it gets what it got of one of them.
 * @returns undefined for tensors that are not alike
 * @throws PredictionError 502 for those without rows in common
 */
export function voteTensors(all: readonly NamedTensors[]): NamedTensors | undefined {
  const [first = {}] = all;
  const isText = Object.values(first).some(({ type }) => type === 'bytes');
  if (isText || !all.every((each) => formOf(each) === formOf(first))) return undefined;
  const rows = all.map((each) => rowsOfTensors(each, 502));
  const chosen = (rows[0] ?? []).map((_, row) => mostGiven(rows.map((values) => values[row])));
  const named = (name: string) => all.map((each) => each[name] as Tensor);
  return Object.fromEntries(Object.keys(first).map((name) => [name, chosenRows(named(name), chosen)]));
}

function formOf(tensors: NamedTensors): string {
  const forms = Object.entries(tensors).map(([name, { type, shape }]) => JSON.stringify([name, type, shape]));
  return forms.toSorted((one, other) => one.localeCompare(other)).join();
}

function chosenRows(tensors: readonly Tensor[], chosen: readonly number[]): Tensor {
  const [first] = chosen;
  const only = first === undefined ? tensors[0] : tensors[first];
  if (only !== undefined && chosen.every((each) => each === first)) return only;
  const single = chosen.map(() => 1);
  const rows = tensors.map((tensor) => splitTensor(tensor, single));
  return stackTensors(chosen.map((of, row) => rows[of]?.[row] as Tensor));
}
