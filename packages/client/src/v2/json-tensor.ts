/** Tensors ↔ the `data` of JSON. */
import { stringifyJson } from '../json/stringify-json.ts';
import { assertTensor, dataOf, elementCount, type Tensor, type TensorType } from '../tensor/tensor.ts';

/** Whether JSON has a form for its elements: none for float16, and for bytes. */
export function isJsonType(type: TensorType): boolean {
  return type !== 'float16' && type !== 'bytes';
}

/** A flat list; floats that JSON has no number for as the tokens NaN, Infinity and -Infinity. @throws RangeError for a tensor that is none */
export function writeJsonData(tensor: Tensor): string {
  assertTensor(tensor);
  const { type, data } = tensor;
  if (type === 'string') return stringifyJson(data);
  if (type === 'bool') return JSON.stringify(Array.from(data as Uint8Array, Boolean));
  return `[${(data as Float32Array).join(',')}]`;
}

/** @param data flat, or nested as the shape has it @throws RangeError for what is no such tensor */
export function readJsonData({ type, shape }: Omit<Tensor, 'data'>, data: unknown): Tensor {
  const list = (Array.isArray(data) ? data.flat(Infinity) : [data]) as unknown[];
  const count = elementCount(shape);
  if (list.length !== count) {
    throw new RangeError(`expected ${count} elements for shape [${shape.join(', ')}], got ${list.length}`);
  }
  return { type, shape, data: type === 'string' ? list.map(String) : numbersOf(type, list) };
}

function numbersOf(type: TensorType, list: readonly unknown[]): Tensor['data'] {
  if (!isJsonType(type)) throw new RangeError(`JSON has no form for ${type}`);
  const wrong = list.find((element) => !isNumber(element));
  if (wrong !== undefined) throw new RangeError(`expected elements of ${type}, got ${JSON.stringify(wrong)}`);
  return dataOf(type as Exclude<TensorType, 'string' | 'bytes'>, list);
}

/** The texts are those that `parseJson` makes of bare tokens; a null is NaN for nobody. */
function isNumber(element: unknown): boolean {
  if (typeof element === 'string') return ['NaN', 'Infinity', '-Infinity'].includes(element);
  return typeof element === 'number' || typeof element === 'bigint' || typeof element === 'boolean';
}
