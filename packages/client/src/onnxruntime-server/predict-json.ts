/** PredictRequest and PredictResponse in the JSON of proto3 (protocols.md 6.2); numbers are sent as raw data, 64-bit integers are texts. */
import { fromBase64, toBase64 } from '../json/base64.ts';
import { isRecord } from '../json/is-record.ts';
import { readBytes, textsOrBytes, writeBytes, type TensorHead } from '../tensor/tensor-bytes.ts';
import { assertTensor, bytesOf, elementCount, type Tensor, type TensorType } from '../tensor/tensor.ts';
import { namingInput } from '../v2/infer-request.ts';
import { readJsonData } from '../v2/json-tensor.ts';
import { onnxTypeOf, typeOfOnnx } from './onnx-types.ts';
import type { PredictRequest, PredictResponse } from './predict.ts';
import { namingOutput, shapeOf } from './predict-message.ts';

/** @throws RangeError naming an input that is no tensor */
export function writePredictJson({ inputs, outputs: outputFilter = [] }: PredictRequest): string {
  const entries = Object.entries(inputs).map(([name, input]) => [name, namingInput(name, () => writeTensor(input))]);
  return JSON.stringify({ inputs: Object.fromEntries(entries) as unknown, outputFilter });
}

function writeTensor(tensor: Tensor): Readonly<Record<string, unknown>> {
  const head = { dims: tensor.shape.map(String), dataType: onnxTypeOf(tensor.type) };
  if (tensor.type !== 'string' && tensor.type !== 'bytes') return { ...head, rawData: toBase64(writeBytes(tensor)) };
  assertTensor(tensor);
  return { ...head, stringData: bytesOf(tensor).map(toBase64) };
}

/** @throws RangeError for what is no such answer */
export function readPredictJson(body: Readonly<Record<string, unknown>>): PredictResponse {
  const { outputs = {} } = body;
  if (!isRecord(outputs)) throw new RangeError('expected an object "outputs"');
  const entries = Object.entries(outputs).map(([name, tensor]) => [name, namingOutput(name, () => readTensor(tensor))]);
  return { outputs: Object.fromEntries(entries) as PredictResponse['outputs'] };
}

function readTensor(tensor: unknown): Tensor {
  if (!isRecord(tensor)) throw new RangeError(`expected an object, got ${JSON.stringify(tensor)}`);
  const type = typeOfOnnx(Number(member(tensor, 'dataType') ?? 0));
  const head = { type, shape: shapeOf(listIn(tensor, 'dims').map(Number)) };
  const raw = member(tensor, 'rawData');
  return typeof raw === 'string' ? readBytes(head, fromBase64(raw)) : readTyped(head, listIn(tensor, listOf(type)));
}

/** Where elements are that are not raw; those of float16 are its bits. */
function listOf(type: TensorType): string {
  if (type === 'float32') return 'floatData';
  if (type === 'float64') return 'doubleData';
  if (type === 'int64') return 'int64Data';
  if (type === 'uint32' || type === 'uint64') return 'uint64Data';
  return type === 'string' ? 'stringData' : 'int32Data';
}

function readTyped({ type, shape }: TensorHead, list: readonly unknown[]): Tensor {
  if (type === 'float16') return { ...readJsonData({ type: 'uint16', shape }, list), type };
  if (type !== 'string') return readJsonData({ type, shape }, list.map(numberOf));
  if (list.length !== elementCount(shape)) {
    throw new RangeError(`expected ${elementCount(shape)} elements, got ${list.length}`);
  }
  return textsOrBytes(
    shape,
    list.map((text) => fromBase64(String(text))),
  );
}

/** Of the integers that are texts; those of NaN and the infinities stay. */
function numberOf(element: unknown): unknown {
  return typeof element === 'string' && /^-?\d+$/.test(element) ? BigInt(element) : element;
}

function listIn(tensor: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  const list = member(tensor, key) ?? [];
  if (Array.isArray(list)) return list as unknown[];
  throw new RangeError(`expected a list "${key}"`);
}

/** In camel case, or as the message has it. */
function member(tensor: Readonly<Record<string, unknown>>, key: string): unknown {
  return tensor[key] ?? tensor[key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}
