/** What a client sent for one row → the model's inputs by name. */
import type { FieldValue, Row } from '../handler.ts';
import { parseJson } from '../json.ts';
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import type { ModelSignature, TensorSpec } from '../signature.ts';
import { isTensor, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import { tensorFromBytes } from '../tensor/tensor-bytes.ts';
import { inputError, nestedShape, nestedTensor, shapeText, valueText } from '../tensor/tensor-json.ts';
import { completedShape, fitsShape, formatSpecs } from '../tensor/tensor-spec.ts';
import { formOf, formOfTensor } from './row-form.ts';

/**
 * Takes fields (or keys of a JSON object) that bear the names of inputs, else `data` or `body` for the only input. A value
 * may be nested arrays, raw little-endian bytes, text that holds JSON, or a tensor; the batch axis may be left out.
 * @param contentType of the request; by default there is none
 * @throws PredictionError 400 that says what was expected and what came
 */
export function rowInputs(row: Row, signature: ModelSignature, contentType: ContentType = noType): NamedTensors {
  const fields = namedFields(row, signature, contentType);
  const { inputs: specs } = signature;
  let names = 0;
  for (const { name } of specs) if (Object.hasOwn(fields, name)) names += 1;
  if (names < specs.length || names < Object.keys(fields).length) throw namesError(signature, fields);
  const inputs: Record<string, Tensor> = {};
  for (const spec of specs) inputs[spec.name] = toTensor(fields[spec.name], spec);
  return inputs;
}

/** Looks the content type of a request up; few rows need it. */
export type ContentType = () => string | undefined;

const noType: ContentType = () => undefined;

/**
 * `row.data ?? row.body`; bytes of no content type that are JSON, as `curl -T input.json` sends them, are parsed.
 * @throws PredictionError 400 when there is nothing, or JSON that the server could not parse
 */
export function rowValue(row: Row, contentType: ContentType = noType): FieldValue {
  const value = row.data ?? row.body;
  if (value === undefined || value === null) throw noValue(row, contentType() ?? '');
  if (value instanceof Uint8Array || typeof value === 'string') refuseEmpty(value);
  if (!(value instanceof Uint8Array)) return value;
  const type = contentType() ?? '';
  if (/^application\/json\b/i.test(type)) throw notJson(value);
  return type === '' ? fromUntyped(value) : value;
}

function noValue(row: Row, contentType: string): PredictionError {
  const names = Object.keys(row);
  const fields = names.length === 0 ? 'no body' : `the fields ${names.map((name) => `"${name}"`).join(', ')}`;
  const got = row.data === null || row.body === null ? 'null' : fields;
  // What `curl -d '[1, 2]'` sends.
  const isJsonAsForm = /^application\/x-www-form-urlencoded\b/i.test(contentType) && /^\s*[[{]/.test(names[0] ?? '');
  const hint = isJsonAsForm ? '; send JSON with the header "content-type: application/json"' : '';
  return new PredictionError(`Expected a body, or a field "data" or "body"; got ${got}${hint}`, 400);
}

/** Raw bytes that begin and end like an array or an object of JSON are hardly ever tensors, and then do not parse. */
function fromUntyped(bytes: Uint8Array): FieldValue {
  const ends = [bytes.find(isVisible), bytes.findLast(isVisible)]
    .map((byte) => String.fromCharCode(byte ?? 0))
    .join('');
  if (ends !== '[]' && ends !== '{}') return bytes;
  try {
    return parseJson(bytes);
  } catch {
    return bytes;
  }
}

function isVisible(byte: number): boolean {
  return byte > 0x20;
}

function namedFields(
  row: Row,
  signature: ModelSignature,
  contentType: ContentType,
): Readonly<Record<string, FieldValue>> {
  const isOfInputs = hasInput(row, signature);
  if (isFields(row.body) && (!isOfInputs || hasInput(row.body, signature))) return row.body;
  if (isOfInputs) return row;
  const value = rowValue(row, contentType);
  if (isFields(value)) return value;
  const [only, ...others] = signature.inputs;
  if (only !== undefined && others.length === 0) return { [only.name]: value };
  const expected = `an object with the inputs ${formatSpecs(signature.inputs)}`;
  throw new PredictionError(`Expected ${expected}; got ${valueText(value)}`, 400);
}

function hasInput(fields: object, { inputs }: ModelSignature): boolean {
  for (const { name } of inputs) if (Object.hasOwn(fields, name)) return true;
  return false;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && !isTensor(value);
}

function namesError(signature: ModelSignature, fields: Readonly<Record<string, FieldValue>>): PredictionError {
  const quote = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
  const known = signature.inputs.map(({ name }) => name);
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  const missing = known.filter((name) => !Object.hasOwn(fields, name));
  const problems = [
    ...(unknown.length > 0 ? [`unknown input ${quote(unknown)}`] : []),
    ...(missing.length > 0 ? [`missing input ${quote(missing)}`] : []),
  ];
  return new PredictionError(
    `Request has ${problems.join(' and ')}; the model's inputs are ${formatSpecs(signature.inputs)}`,
    400,
  );
}

function toTensor(value: FieldValue, spec: TensorSpec): Tensor {
  if (isTensor(value)) {
    formOfTensor(spec, value);
    return value;
  }
  if (value instanceof Uint8Array) {
    refuseEmpty(value);
    return tensorFromBytes(value, spec);
  }
  const json = typeof value === 'string' ? fromText(value, spec) : value;
  const shape = listShape(json, spec);
  formOf(spec, shape, () => shapeText(json));
  return nestedTensor(json, spec, shape);
}

/** An empty list alone is no batch: it has no rows. */
function listShape(json: unknown, { shape: expected }: TensorSpec): readonly number[] {
  const shape = nestedShape(json);
  const whole = shape.length === 1 ? shape : completedShape(expected, shape);
  return fitsShape(expected, whole) ? whole : completedShape(expected.slice(1), shape);
}

/** The plain field of a form: JSON, unless the model wants text. */
function fromText(text: string, spec: TensorSpec): unknown {
  refuseEmpty(text);
  if (spec.type === 'string' && !/^\s*\[/.test(text)) return text;
  try {
    return parseJson(text);
  } catch {
    throw inputError(spec, `got the text ${valueText(text)}, which is not JSON`);
  }
}

function refuseEmpty(value: Uint8Array | string): void {
  if (value.length === 0) throw new PredictionError('The request is empty: expected a body', 400);
}

function notJson(bytes: Uint8Array): PredictionError {
  try {
    parseJson(bytes);
  } catch (error) {
    const hint = /NaN|Infinity/.test(Buffer.from(bytes).toString('utf8'))
      ? '; JSON has no NaN and no Infinity, send them as strings'
      : '';
    return new PredictionError(`The body is not JSON: ${(error as Error).message}${hint}`, 400);
  }
  return new PredictionError('Expected JSON; got bytes', 400);
}
