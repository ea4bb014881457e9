/** Tensors ↔ the `data` of JSON. */
import type { Tensor } from '@marserve/handlers';
import { isFloatTensor, nestedShape, nestedTensor } from '@marserve/handlers/tensor-json';
import { badRequest, shown } from '../../bad-request.ts';
import type { ByteElements } from '../../tensors/named-tensor.ts';
import { countOf } from '../../tensors/shape.ts';
import { typeOf } from './datatypes.ts';
import { headText, inputProblem, type TensorHead } from './input-tensor.ts';

/**
 * A tensor out of a flat list in row-major order, or of lists nested as the shape has it; a shape without axes is one element.
 * @throws PredictionError 400 that names the tensor, the position, what was expected and what came
 */
export function readJsonTensor(head: TensorHead, data: unknown): Tensor {
  const { name, datatype, shape } = head;
  if (datatype === 'FP16') throw inputProblem(head, 'got JSON, which has no such numbers; send it as binary data');
  const type = typeOf(datatype);
  if (data === undefined) throw inputProblem(head, 'got no "data"');
  if (isFloatTensor(data)) return checkFloats(head, data);
  const list = Array.isArray(data) ? data : [data];
  const [first] = list as unknown[];
  if (!Array.isArray(first)) {
    checkShape(head, [list.length]);
    const count = list.length;
    return { ...nestedTensor(list, { name, type, shape: [count] }, [count]), shape };
  }
  checkShape(head, nestedShape(list));
  return nestedTensor(list, { name, type, shape }, shape);
}

function checkFloats(head: TensorHead, floats: Tensor): Tensor {
  checkShape(head, floats.shape);
  return { ...floats, shape: head.shape };
}

/** @param got that of the lists; a flat one goes with every shape that has as many elements */
function checkShape(head: TensorHead, got: readonly number[]): void {
  const { shape } = head;
  if (got.length === 1) {
    const count = countOf(shape);
    if (got[0] !== count) throw inputProblem(head, `which has ${count} elements; got ${got[0]}`);
  } else if (got.length !== shape.length || got.some((size, axis) => size !== shape[axis])) {
    throw inputProblem(head, `got data of the shape ${shown(got)}`);
  }
}

/**
 * The elements as a flat list of JSON: 64-bit integers exact, floats that JSON has no number for as NaN, Infinity and -Infinity.
 * @throws PredictionError 400 for FP16
 */
export function writeJsonData(head: TensorHead, { type, data }: Tensor): string {
  if (type === 'float16') {
    const advice = 'JSON has no numbers for it, ask for it as binary data';
    throw badRequest(`Output "${head.name}" is ${headText(head)}: ${advice}`);
  }
  if (Array.isArray(data)) return JSON.stringify(data);
  if (type === 'bool') return JSON.stringify(Array.from(data as Uint8Array, (byte) => byte !== 0));
  return type === 'float32' || type === 'float64' ? writeFloats(data as Float64Array) : `[${data.join(',')}]`;
}

/** From so many elements on, `JSON.stringify` of a copy is quicker than `join`: twice as quick for 150,000. */
const MANY = 512;

function writeFloats(values: Float64Array): string {
  let isFinite = true;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (value === 0 && Object.is(value, -0)) return `[${Array.from(values, floatText).join(',')}]`;
    isFinite &&= Number.isFinite(value);
  }
  return isFinite && values.length >= MANY ? JSON.stringify(Array.from(values)) : `[${values.join(',')}]`;
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** Bytes that a handler gave, for JSON: those that are no UTF-8 are replaced. */
export function textTensor({ shape, elements }: ByteElements): Tensor {
  return { type: 'string', shape, data: elements.map((each) => each.toString('utf8')) };
}
