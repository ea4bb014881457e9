/** What is at a path in what goes from node to node. */
import { tensorToJson } from '../tensor/tensor-json.ts';
import { isTensor } from '../tensor/tensor.ts';
import type { GraphValue } from './graph-value.ts';

const ALIASES: Readonly<Record<string, string>> = { predictions: 'instances', outputs: 'inputs' };

/** @param path such as `instances.0.kind`; predictions are instances, and outputs inputs @returns undefined where there is nothing */
export function readPath(path: string): (value: GraphValue) => unknown {
  const valuesAt = readPaths(path);
  return (value) => valuesAt(value)[0];
}

/** @param path such as `instances.*.kind`, where `*` stands for each item of a list @returns one for each, undefined where there is nothing */
export function readPaths(path: string): (value: GraphValue) => unknown[] {
  const [first = '', ...keys] = path.split('.');
  const all = [ALIASES[first] ?? first, ...keys];
  return (value) => valuesAt(value, all);
}

const EACH = '*';

function valuesAt(value: unknown, [key, ...keys]: readonly string[]): unknown[] {
  const level = isTensor(value) ? tensorToJson(value) : value;
  if (key === undefined) return [level];
  if (typeof level !== 'object' || level === null) return [undefined];
  if (key === EACH) return Object.values(level).flatMap((each) => valuesAt(each, keys));
  return Object.hasOwn(level, key) ? valuesAt((level as Readonly<Record<string, unknown>>)[key], keys) : [undefined];
}
