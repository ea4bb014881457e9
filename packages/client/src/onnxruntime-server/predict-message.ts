/** PredictRequest and PredictResponse in protobuf (protocols.md 6.3); numbers are sent as raw data. */
import { readElements, type ElementFields } from '../protobuf/elements.ts';
import {
  bytesField,
  bytesIn,
  integerField,
  integersField,
  integersIn,
  readFields,
  textField,
  textIn,
} from '../protobuf/fields.ts';
import { concatBytes, readBytes, writeBytes } from '../tensor/tensor-bytes.ts';
import { assertTensor, bytesOf, type Tensor } from '../tensor/tensor.ts';
import { namingInput } from '../v2/infer-request.ts';
import { onnxTypeOf, typeOfOnnx } from './onnx-types.ts';
import type { PredictRequest, PredictResponse } from './predict.ts';

/** Fields of TensorProto with elements that are not raw; those of float16 are its bits. */
const TYPED_FIELDS: ElementFields = {
  float32: 4,
  uint8: 5,
  int8: 5,
  uint16: 5,
  int16: 5,
  int32: 5,
  bool: 5,
  float16: 5,
  string: 6,
  int64: 7,
  float64: 10,
  uint32: 11,
  uint64: 11,
};

/** @throws RangeError naming an input that is no tensor */
export function writePredictRequest({ inputs, outputs = [] }: PredictRequest): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(inputs).map(([name, input]) => writeEntry(name, input));
  return concatBytes([
    ...entries.flatMap((entry) => bytesField(2, entry)),
    ...outputs.flatMap((name) => textField(3, name)),
  ]);
}

function writeEntry(name: string, input: Tensor): Uint8Array {
  const tensor = namingInput(name, () => writeTensor(input));
  return concatBytes([...textField(1, name), ...bytesField(2, tensor)]);
}

function writeTensor(tensor: Tensor): Uint8Array {
  const { type, shape } = tensor;
  return concatBytes([...integersField(1, shape), ...integerField(2, onnxTypeOf(type)), ...writeElements(tensor)]);
}

function writeElements(tensor: Tensor): Uint8Array[] {
  if (tensor.type !== 'string' && tensor.type !== 'bytes') return bytesField(9, writeBytes(tensor));
  assertTensor(tensor);
  return bytesOf(tensor).flatMap((element) => bytesField(6, element));
}

/** @throws RangeError for what is no such message */
export function readPredictResponse(message: Uint8Array): PredictResponse {
  const entries = bytesIn(readFields(message), 1).map((entry): [string, Tensor] => {
    const fields = readFields(entry);
    const name = textIn(fields, 1);
    return [name, namingOutput(name, () => readTensor(bytesIn(fields, 2).at(-1) ?? new Uint8Array()))];
  });
  return { outputs: Object.fromEntries(entries) };
}

function readTensor(message: Uint8Array): Tensor {
  const fields = readFields(message);
  const type = typeOfOnnx(Number(integersIn(fields, 2).at(-1) ?? 0));
  const head = { type, shape: shapeOf(integersIn(fields, 1)) };
  const raw = bytesIn(fields, 9).at(-1);
  return raw === undefined ? readElements(head, fields, TYPED_FIELDS) : readBytes(head, raw);
}

/** @throws RangeError for sizes that no tensor has */
export function shapeOf(dims: readonly (bigint | number)[]): number[] {
  const shape = dims.map(Number);
  if (shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return shape;
  throw new RangeError(`expected dims that are integers from 0 on, got [${shape.join(', ')}]`);
}

/** What is wrong with an output is said with its name. @throws RangeError */
export function namingOutput<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`Output "${name}": ${error.message}`, { cause: error });
    throw error;
  }
}
