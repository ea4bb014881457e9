/** Elements of a tensor in repeated fields of their own, packed or one by one. */
import { concatBytes, textsOrBytes, type TensorHead } from '../tensor/tensor-bytes.ts';
import { dataOf, elementCount, viewBytes, type Tensor, type TensorType } from '../tensor/tensor.ts';
import { bytesIn, integersIn, type Fields } from './fields.ts';

/** Which field has the elements of a type; none for a type that is only ever raw. */
export type ElementFields = Readonly<Partial<Record<TensorType, number>>>;

/** @param table of the message @throws RangeError for a message that has no such tensor */
export function readElements({ type, shape }: TensorHead, message: Fields, table: ElementFields): Tensor {
  const field = table[type];
  if (field === undefined) throw new RangeError(`contents have no field for ${type}`);
  const tensor = read({ type, shape }, message, field);
  const expected = elementCount(shape);
  if (tensor.data.length === expected) return tensor;
  throw new RangeError(`expected ${expected} elements of ${type} in its contents, got ${tensor.data.length}`);
}

function read({ type, shape }: TensorHead, message: Fields, field: number): Tensor {
  if (type === 'string' || type === 'bytes') return textsOrBytes(shape, bytesIn(message, field));
  if (type === 'float32' || type === 'float64') return { type, shape, data: floatsIn(message, { field, type }) };
  const integers = integersIn(message, field);
  if (type === 'float16') return { type, shape, data: Uint16Array.from(integers, Number) };
  return { type, shape, data: dataOf(type, type === 'uint64' ? integers.map(unsigned) : integers) };
}

const unsigned = (integer: bigint) => BigInt.asUintN(64, integer);

function floatsIn(message: Fields, { field, type }: { readonly field: number; readonly type: 'float32' | 'float64' }) {
  const single = (message.get(field) ?? []).filter((value) => typeof value === 'number');
  return single.length > 0 ? dataOf(type, single) : viewBytes(type, concatBytes(bytesIn(message, field)));
}
