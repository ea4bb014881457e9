/** The JSON body of a V1 request → rows of the handler. */
import { PredictionError } from '@marserve/handlers/prediction-error';
import type { Row } from '@marserve/handlers';
import { isRecord } from '../is-record.ts';
import { rowOfInstance } from '../row-of-instance.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A row for each element of `instances`, or of the columns in `inputs`. An instance with a field `data` or `body` is a row
 * as TorchServe's fields of a form are; any other is the body of a row.
 * @throws PredictionError 400 for a body that has neither list
 */
export function rowsOf(body: unknown): Row[] {
  if (!isRecord(body)) throw badRequest(`a JSON object with "instances" or "inputs"; got ${nameOf(body)}`);
  const { instances, inputs } = body;
  if (instances !== undefined && inputs !== undefined) throw badRequest('either "instances" or "inputs"; got both');
  if (instances !== undefined) return listOf(instances, '"instances"').map(rowOfInstance);
  if (inputs === undefined) throw badRequest(`"instances" or "inputs"; got ${keysOf(body)}`);
  return (isRecord(inputs) ? transposed(inputs) : listOf(inputs, '"inputs"')).map(rowOfInstance);
}

function listOf(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw badRequest(`a list for ${name}; got ${nameOf(value)}`);
}

/** TensorFlow's column format: a list for each input, an element for each row. */
function transposed(columns: JsonObject): JsonObject[] {
  const lists = Object.entries(columns).map(([name, column]) => [name, listOf(column, `the input "${name}"`)] as const);
  const count = lists[0]?.[1].length ?? 0;
  const odd = lists.find(([, list]) => list.length !== count);
  if (odd !== undefined) {
    throw badRequest(`as many rows of each input; "${lists[0]?.[0]}" has ${count}, "${odd[0]}" has ${odd[1].length}`);
  }
  return Array.from({ length: count }, (_, row) => Object.fromEntries(lists.map(([name, list]) => [name, list[row]])));
}

const MAX_DEPTH = 100;

/**
 * The value with the bytes that each `{"b64": text}` in it stands for.
 * @throws PredictionError 400 for text that is no base64, and for lists and objects more than 100 deep
 */
export function decodeBase64(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) throw badRequest(`lists and objects at most ${MAX_DEPTH} deep beside base64; got deeper ones`);
  if (Array.isArray(value)) return value.map((element) => decodeBase64(element, depth + 1));
  const entries = Object.entries(value);
  const [[key, text] = [], ...others] = entries;
  if (key === 'b64' && others.length === 0 && typeof text === 'string') return bytesOf(text);
  return Object.fromEntries(entries.map(([name, each]: [string, unknown]) => [name, decodeBase64(each, depth + 1)]));
}

function bytesOf(text: string): Buffer {
  if (!/^[\w+/\s-]*={0,2}\s*$/.test(text)) throw badRequest('base64 in {"b64": …}; got other characters');
  return Buffer.from(text, 'base64');
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function keysOf(body: JsonObject): string {
  const keys = Object.keys(body).slice(0, 10);
  return keys.length === 0 ? 'an empty object' : `the keys ${keys.map((key) => JSON.stringify(key)).join(', ')}`;
}

function badRequest(expectation: string): PredictionError {
  return new PredictionError(`Expected ${expectation}`, 400);
}
