/** The answers of parallel steps as one. */
import type { NamedTensors } from '@marserve/client';
import { PredictionError } from '../prediction-error.ts';
import { isPlainObject } from '../model-config.ts';
import { isTensor, type Tensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';
import { floatValues } from '../tensor/tensor-values.ts';
import { hasTensors } from '../transformer/payload.ts';
import { instancesOf, type GraphValue } from './graph-value.ts';
import type { Combination } from './step.ts';
import { mostGiven, voteTensors } from './vote.ts';

/** The answers by the names of their branches, in the order of the graph. */
export type Answers = readonly (readonly [branch: string, answer: GraphValue])[];

/** @throws PredictionError 502 for answers that do not go together; 503 for none */
export function combine(combination: Combination, answers: Answers): GraphValue {
  const [first] = answers;
  if (first === undefined) throw new PredictionError('No step of those in parallel has answered', 503);
  if (combination === 'first') return first[1];
  const values = answers.map(([, answer]) => answer);
  if (values.every(hasTensors)) {
    if (combination === 'merge') return { inputs: mergedTensors(answers) };
    if (combination === 'vote') {
      const voted = voteTensors(values.map(({ inputs }) => inputs));
      if (voted !== undefined) return { inputs: voted };
    }
    if (combination === 'mean') return { inputs: meanTensors(values.map(({ inputs }) => inputs)) };
  }
  return { instances: byRow(answers, ROWS[combination]) };
}

type CombineRow = (values: readonly unknown[], branches: readonly string[]) => unknown;

const ROWS: Readonly<Record<Exclude<Combination, 'first'>, CombineRow>> = {
  merge: (values, branches) => Object.fromEntries(branches.map((branch, index) => [branch, values[index]])),
  mean,
  vote,
};

function byRow(answers: Answers, combineRow: CombineRow): unknown[] {
  const branches = answers.map(([branch]) => branch);
  const columns = answers.map(([, answer]) => instancesOf(answer));
  const [first = []] = columns;
  const odd = columns.findIndex(({ length }) => length !== first.length);
  if (odd >= 0) {
    const got = `${branches[0]} gave ${first.length}, ${branches[odd]} ${columns[odd]?.length}`;
    throw new PredictionError(`Parallel steps gave different numbers of predictions: ${got}`, 502);
  }
  return first.map((_, row) =>
    combineRow(
      columns.map((column) => column[row]),
      branches,
    ),
  );
}

/** Of numbers, and of lists and objects of them that are alike. */
function mean(values: readonly unknown[]): unknown {
  const plain = values.map((value) => (isTensor(value) ? tensorToJson(value) : value));
  const [first] = plain;
  if (typeof first === 'number' && plain.every((value) => typeof value === 'number')) {
    return plain.reduce((sum: number, value) => sum + value, 0) / plain.length;
  }
  if (Array.isArray(first) && plain.every((value) => Array.isArray(value) && value.length === first.length)) {
    return first.map((_, index) => mean(plain.map((value) => (value as unknown[])[index])));
  }
  if (isPlainObject(first) && plain.every((value) => isPlainObject(value) && hasKeysOf(value, first))) {
    return Object.fromEntries(
      Object.keys(first).map((key) => [key, mean(plain.map((value) => (value as Record<string, unknown>)[key]))]),
    );
  }
  throw new PredictionError('The mean of parallel steps wants numbers in lists or objects that are alike', 502);
}

function hasKeysOf(value: object, other: object): boolean {
  const keys = Object.keys(other);
  return Object.keys(value).length === keys.length && keys.every((key) => Object.hasOwn(value, key));
}

function vote(values: readonly unknown[]): unknown {
  const plain = values.map((value) => (isTensor(value) ? tensorToJson(value) : value));
  return plain[mostGiven(plain)];
}

/** Names that several branches gave are told apart by their branches. */
function mergedTensors(answers: Answers): NamedTensors {
  const named = answers.flatMap(([branch, answer]) =>
    hasTensors(answer) ? Object.entries(answer.inputs).map(([name, tensor]) => ({ branch, name, tensor })) : [],
  );
  const isShared = (name: string) => named.filter((each) => each.name === name).length > 1;
  return Object.fromEntries(
    named.map(({ branch, name, tensor }) => [isShared(name) ? `${branch}.${name}` : name, tensor]),
  );
}

function meanTensors(all: readonly NamedTensors[]): NamedTensors {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      meanTensor(
        name,
        all.map((each) => each[name] as Tensor | undefined),
      ),
    ]),
  );
}

function meanTensor(name: string, tensors: readonly (Tensor | undefined)[]): Tensor {
  const [first] = tensors;
  const shape = first?.shape ?? [];
  const isAlike = tensors.every(
    (each) => isTensor(each) && each.type !== 'string' && each.shape.join() === shape.join(),
  );
  if (first === undefined || !isAlike)
    throw new PredictionError(`The mean of "${name}" wants numbers of one shape`, 502);
  const columns = tensors.map(floatValues);
  const sums = Float64Array.from(
    columns[0] ?? [],
    (_, index) => columns.reduce((sum, column) => sum + (column[index] ?? 0), 0) / columns.length,
  );
  return first.type === 'float64'
    ? { type: 'float64', shape, data: sums }
    : { type: 'float32', shape, data: Float32Array.from(sums) };
}
