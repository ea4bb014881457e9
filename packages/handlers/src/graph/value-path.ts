/** What is at a path in what goes from node to node. */
import { tensorToJson } from '../tensor/tensor-json.ts';
import { isTensor } from '../tensor/tensor.ts';
import { hasTensors } from '../transformer/payload.ts';
import type { GraphValue } from './graph-value.ts';

const ALIASES: Readonly<Record<string, string>> = { predictions: 'instances', outputs: 'inputs' };

/** @param path such as `instances.0.kind`; predictions are instances, and outputs inputs @returns undefined where there is nothing */
export function readPath(path: string): (value: GraphValue) => unknown {
  const [first = '', ...keys] = path.split('.');
  const all = [ALIASES[first] ?? first, ...keys];
  return (value) => valueAt(value, all);
}

function valueAt(value: GraphValue, keys: readonly string[]): unknown {
  let found: unknown = value;
  for (const key of keys) {
    const level = hasTensors(value) && isTensor(found) ? tensorToJson(found) : found;
    const isInside = typeof level === 'object' && level !== null && Object.hasOwn(level, key);
    if (!isInside) return undefined;
    found = (level as Readonly<Record<string, unknown>>)[key];
  }
  return isTensor(found) ? tensorToJson(found) : found;
}
