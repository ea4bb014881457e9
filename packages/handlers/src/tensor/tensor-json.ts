/** Nested JSON arrays ↔ tensors; what a client got wrong is a PredictionError 400 that says where. */
import { fromFloat16Bits, toFloat16Bits } from './float16.ts';
import { FEW_BYTES, isFloatTensor, parseJsonWithFloats, readJsonFloats, type JsonPlace } from './json-floats.ts';
import { INTEGER_RANGES, ROW_WRITERS, readRow } from './json-elements.ts';
import { PredictionError } from '../prediction-error.ts';
import type { TensorSpec } from '../signature.ts';
import { allocateData, elementCount, type Tensor, type TensorData } from './tensor.ts';
import { completedShape, fitsShape, fittingForm, formatShape, formatSpec } from './tensor-spec.ts';

export { isTensor } from './tensor.ts';
export { ANY, FEW_BYTES, isFloatTensor, parseJsonWithFloats, type JsonPlace } from './json-floats.ts';

/**
 * A tensor out of nested arrays, of exactly the type and shape that `spec` wants. 64-bit integers may be numbers, bigints or
 * strings of digits; non-finite floats the strings `NaN`, `Infinity` and `-Infinity`; bools also 0 and 1.
 * @throws PredictionError 400 that names the input, the position, what was expected and what came
 */
export function tensorFromJson(value: unknown, spec: TensorSpec): Tensor {
  const shape = completedShape(spec.shape, nestedShape(value));
  if (!fitsShape(spec.shape, shape)) throw inputError(spec, `got ${shapeText(value)}`);
  return nestedTensor(value, spec, shape);
}

/**
 * The same of the bytes of a request, with the batch axis or without it, for what nearly all requests are: nested arrays of
 * plain numbers for an input of floats. Undefined for anything else, for `parseJson` and the other functions here to judge.
 */
export function tensorFromJsonBytes(bytes: Uint8Array, spec: TensorSpec): Tensor | undefined {
  const read = spec.type === 'float32' ? readJsonFloats(bytes) : undefined;
  return read !== undefined && fittingForm(spec, read.shape) !== undefined ? read : undefined;
}

/**
 * The same of a JSON object that has the inputs under their names: what `parseJson` makes of it, but for tensors in place of lists
 * that are one of their input.
 */
export function fieldsFromJsonBytes(
  bytes: Uint8Array,
  specs: readonly TensorSpec[],
): Readonly<Record<string, unknown>> | undefined {
  if (bytes.length < FEW_BYTES) return undefined;
  const floats = specs.filter(({ type }) => type === 'float32');
  const fields = parseJsonWithFloats(
    bytes,
    floats.map(({ name }): JsonPlace => [name]),
  ) as Readonly<Record<string, unknown>> | undefined;
  return fields !== undefined && haveForms(fields, floats) ? fields : undefined;
}

/** Whether those of the fields that are tensors are such as their inputs take, with the batch axis or without it. */
export function haveForms(fields: Readonly<Record<string, unknown>>, specs: readonly TensorSpec[]): boolean {
  return specs.every((spec) => {
    const value = Object.hasOwn(fields, spec.name) ? fields[spec.name] : undefined;
    return !isFloatTensor(value) || fittingForm(spec, value.shape) !== undefined;
  });
}

/** The same in the shape that the arrays have, their `nestedShape`; `spec.shape` serves the messages only. */
export function nestedTensor(value: unknown, spec: TensorSpec, shape: readonly number[]): Tensor {
  const reader = new NestedReader(spec, shape);
  if (shape.length === 0) reader.readRow([value]);
  else reader.read(value, 0);
  const data = spec.type === 'float16' ? toFloat16Bits(reader.data as Float64Array) : reader.data;
  return { type: spec.type, shape, data };
}

/** A tensor as nested arrays (a scalar as its value); non-finite floats as strings, 64-bit integers exact. */
export function tensorToJson(tensor: Tensor): unknown {
  const readable = tensor.type === 'float16' ? withFloat64(tensor) : tensor;
  return tensor.shape.length === 0 ? readRow(readable, 0, 1)[0] : nest(readable, 0, 0);
}

/** What is wrong with an input of the model, as the client is told; `alternative` is what would do, too. */
export function inputError(spec: TensorSpec, problem: string, alternative = ''): PredictionError {
  return new PredictionError(`Input "${spec.name}": expected ${formatSpec(spec)}${alternative}, ${problem}`, 400);
}

/** The shape of nested arrays by the first element of each level, whatever the others are. */
export function nestedShape(value: unknown): number[] {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0] as unknown) shape.push(level.length);
  return shape;
}

/** Fills a tensor in row-major order: the number of elements read so far is the position. */
class NestedReader {
  readonly data: TensorData;
  readonly #spec: TensorSpec;
  readonly #shape: readonly number[];
  #offset = 0;

  constructor(spec: TensorSpec, shape: readonly number[]) {
    this.#spec = spec;
    this.#shape = shape;
    this.data = allocateData(spec.type === 'float16' ? 'float64' : spec.type, elementCount(shape));
  }

  read(value: unknown, depth: number): void {
    if (!Array.isArray(value) || value.length !== this.#shape[depth]) throw this.#raggedError(value, depth);
    if (depth === this.#shape.length - 1) this.readRow(value);
    else for (const item of value) this.read(item, depth + 1);
  }

  readRow(row: readonly unknown[]): void {
    const bad = ROW_WRITERS[this.#spec.type](this.data, row, this.#offset);
    if (bad >= 0) {
      const where = positionText(this.#position(this.#offset + bad, this.#shape.length));
      throw inputError(this.#spec, `got ${valueText(row[bad])}${where}${rangeText(this.#spec, row[bad])}`);
    }
    this.#offset += row.length;
  }

  #raggedError(value: unknown, depth: number): PredictionError {
    const where = positionText(this.#position(this.#offset, depth));
    const length = this.#shape[depth];
    const got = Array.isArray(value) ? `an array of ${value.length}` : valueText(value);
    return inputError(this.#spec, `got ${got}${where} where the first one is an array of ${length}`);
  }

  /** Indices of the element at a row-major offset, for the first `depth` axes. */
  #position(offset: number, depth: number): number[] {
    return this.#shape
      .slice(0, depth)
      .map((size, axis) => Math.floor(offset / elementCount(this.#shape.slice(axis + 1))) % size);
  }
}

function positionText(position: readonly number[]): string {
  return position.length === 0 ? '' : ` at ${position.map((index) => `[${index}]`).join('')}`;
}

function rangeText({ type }: TensorSpec, value: unknown): string {
  if (typeof value === 'string')
    return type === 'string' ? '; strings hold no NUL and no half of a surrogate pair' : '';
  const range = INTEGER_RANGES[type];
  if (range === undefined || (typeof value !== 'number' && typeof value !== 'bigint')) return '';
  const isRounded = typeof range[0] === 'bigint' && Number.isInteger(value) && !Number.isSafeInteger(value);
  if (isRounded) return '; write integers beyond 2^53 in digits, without fraction or exponent';
  return `; ${type} holds integers from ${range[0]} to ${range[1]}`;
}

/** What came, where a shape was expected: the shape of arrays, else the value itself. */
export function shapeText(value: unknown): string {
  return Array.isArray(value) ? `shape ${formatShape(nestedShape(value))}` : valueText(value);
}

/** A value as a message shows it, cut short. */
export function valueText(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

function withFloat64({ shape, data }: Tensor): Tensor {
  return { type: 'float64', shape, data: Float64Array.from(fromFloat16Bits(data as Uint16Array)) };
}

function nest(tensor: Tensor, depth: number, offset: number): unknown[] {
  const size = tensor.shape[depth] ?? 0;
  if (depth === tensor.shape.length - 1) return readRow(tensor, offset, size);
  const stride = elementCount(tensor.shape.slice(depth + 1));
  const items: unknown[] = [];
  for (let index = 0; index < size; index += 1) items.push(nest(tensor, depth + 1, offset + index * stride));
  return items;
}
