/** An answer of the protocol over REST, as JSON or as JSON with bytes behind it. */
import { reasonOf } from '../client-error.ts';
import { isRecord } from '../json/is-record.ts';
import { readJsonObject, wrongAnswer } from '../rest/read-json.ts';
import type { RestAnswer } from '../rest/rest-calls.ts';
import { tensorTypeOf } from '../tensor/datatypes.ts';
import { readBytes } from '../tensor/tensor-bytes.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { JSON_LENGTH_HEADER } from './infer-request.ts';
import { readJsonData } from './json-tensor.ts';
import type { InferResponse, Parameters } from './v2-client.ts';

/** @throws ClientError `answer` for what is no such answer */
export function decodeResponse(answer: RestAnswer): InferResponse {
  const { json, raw } = parts(answer);
  const body = readJsonObject(answer, json);
  if (!Array.isArray(body.outputs)) throw wrongAnswer(answer, 'expected a list "outputs"');
  const outputs = new OutputReader(raw);
  try {
    const named = Object.fromEntries(body.outputs.map((output) => outputs.read(output)));
    outputs.end();
    return { ...headOf(body), outputs: named };
  } catch (error) {
    if (error instanceof RangeError) throw wrongAnswer(answer, reasonOf(error));
    throw error;
  }
}

function parts(answer: RestAnswer): { readonly json: Uint8Array; readonly raw: Uint8Array } {
  const { headers, bytes } = answer;
  const text = headers[JSON_LENGTH_HEADER];
  const length = text === undefined ? bytes.byteLength : Number(text);
  if (Number.isInteger(length) && length >= 0 && length <= bytes.byteLength) {
    return { json: bytes.subarray(0, length), raw: bytes.subarray(length) };
  }
  throw wrongAnswer(answer, `expected a ${JSON_LENGTH_HEADER} up to ${bytes.byteLength}, got "${text}"`);
}

function headOf(body: Readonly<Record<string, unknown>>): Omit<InferResponse, 'outputs'> {
  const { model_name: name, model_version: version, id, parameters } = body;
  return {
    modelName: textOf(name ?? ''),
    ...(version != null && { modelVersion: textOf(version) }),
    ...(id != null && { id: textOf(id) }),
    parameters: isRecord(parameters) ? (parameters as Parameters) : {},
  };
}

/** Texts in the protocol; some servers write numbers. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The bytes of binary outputs follow one another. */
class OutputReader {
  readonly #raw: Uint8Array;
  #offset = 0;

  constructor(raw: Uint8Array) {
    this.#raw = raw;
  }

  read(output: unknown): readonly [string, Tensor] {
    if (!isRecord(output) || typeof output.name !== 'string') throw new RangeError('an output has no name');
    const { name, datatype, shape, parameters, data } = output;
    try {
      const head = { type: tensorTypeOf(datatype), shape: shapeOf(shape) };
      const size = isRecord(parameters) ? parameters.binary_data_size : undefined;
      return [name, size === undefined ? readJsonData(head, data) : readBytes(head, this.#take(size))];
    } catch (error) {
      throw new RangeError(`output "${name}": ${reasonOf(error)}`, { cause: error });
    }
  }

  end(): void {
    const rest = this.#raw.byteLength - this.#offset;
    if (rest > 0) throw new RangeError(`${rest} bytes follow the last output`);
  }

  #take(size: unknown): Uint8Array {
    const start = this.#offset;
    const end = start + Number(size);
    if (!Number.isInteger(end) || end < start || end > this.#raw.byteLength) {
      throw new RangeError(`expected ${String(size)} bytes, got ${this.#raw.byteLength - start}`);
    }
    this.#offset = end;
    return this.#raw.subarray(start, end);
  }
}

function shapeOf(shape: unknown): number[] {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0)) return shape as number[];
  throw new RangeError(`expected a shape, got ${JSON.stringify(shape)}`);
}
