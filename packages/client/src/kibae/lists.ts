/** Tensors ↔ nested lists by their names. */
import { isRecord } from '../json/is-record.ts';
import { stringifyJson } from '../json/stringify-json.ts';
import { fromHalf } from '../tensor/half.ts';
import { assertTensor, isTensorType, tensor, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import type { SessionTensor } from './session.ts';

/** By their names, tensors or nested lists. */
export type SessionInputs = Readonly<Record<string, Tensor | readonly unknown[]>>;

/** @throws RangeError for a tensor that is none; TypeError for what JSON has no form for */
export function writeLists(inputs: SessionInputs): string {
  const lists = Object.entries(inputs).map(([name, input]) => [name, isTensor(input) ? listsOf(input) : input]);
  return stringifyJson(Object.fromEntries(lists));
}

function isTensor(input: Tensor | readonly unknown[]): input is Tensor {
  return isRecord(input);
}

function listsOf(input: Tensor): unknown {
  assertTensor(input);
  if (input.type === 'bytes') throw new TypeError('JSON has no form for bytes that are no text');
  return nested(valuesOf(input), input.shape);
}

function valuesOf({ type, data }: Tensor): unknown[] {
  if (type === 'bool') return Array.from(data as Uint8Array, Boolean);
  return Array.from(type === 'float16' ? fromHalf(data as Uint16Array) : (data as Float32Array));
}

function nested(values: readonly unknown[], shape: readonly number[]): unknown {
  const [size = 1, ...inner] = shape;
  if (inner.length === 0) return values;
  const length = values.length / Math.max(1, size);
  return Array.from({ length: size }, (_, index) => nested(values.slice(index * length, (index + 1) * length), inner));
}

/** @param specs of the session @throws RangeError for what are no such outputs */
export function readLists(
  lists: Readonly<Record<string, unknown>>,
  specs: Readonly<Record<string, SessionTensor>>,
): NamedTensors {
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, readList(name, list, specs[name])]));
}

function readList(name: string, list: unknown, spec: SessionTensor | undefined): Tensor {
  const type = spec?.type === 'boolean' ? 'bool' : spec?.type;
  if (type === undefined || !isTensorType(type)) {
    throw new RangeError(`output "${name}": expected a type of the session for it, got ${String(type)}`);
  }
  const elements = (Array.isArray(list) ? list.flat(Infinity) : [list]) as unknown[];
  const wrong = elements.find((element) => !isElement(element, type === 'string'));
  if (wrong !== undefined) throw new RangeError(`output "${name}": expected ${type}, got ${JSON.stringify(wrong)}`);
  try {
    return tensor(type, shapeOf(list), elements as number[]);
  } catch (error) {
    throw new RangeError(`output "${name}": ${(error as Error).message}`, { cause: error });
  }
}

/** The texts are those that `parseJson` makes of bare tokens. */
function isElement(element: unknown, isText: boolean): boolean {
  if (typeof element === 'string') return isText || ['NaN', 'Infinity', '-Infinity'].includes(element);
  return !isText && ['number', 'bigint', 'boolean'].includes(typeof element);
}

/** Of the first of each list: lists that are not alike have too many elements, or too few. */
function shapeOf(list: unknown): number[] {
  const shape: number[] = [];
  for (let inner = list; Array.isArray(inner); inner = inner[0] as unknown) shape.push(inner.length);
  return shape;
}
