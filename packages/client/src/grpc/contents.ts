/** InferTensorContents: tensors that a server did not send as raw contents. */
import { textsOrBytes, type TensorHead } from '../tensor/tensor-bytes.ts';
import { dataOf, elementCount, viewBytes, type Tensor, type TensorType } from '../tensor/tensor.ts';
import { concatBytes } from '../tensor/tensor-bytes.ts';
import { bytesIn, integersIn, type Fields } from './fields.ts';

/** The field that has elements of a type. */
const FIELDS: Readonly<Partial<Record<TensorType, number>>> = {
  bool: 1,
  int8: 2,
  int16: 2,
  int32: 2,
  int64: 3,
  uint8: 4,
  uint16: 4,
  uint32: 4,
  uint64: 5,
  float32: 6,
  float64: 7,
  string: 8,
};

/** @throws RangeError for contents that are no such tensor */
export function readContents({ type, shape }: TensorHead, contents: Fields): Tensor {
  const tensor = read({ type, shape }, contents);
  const expected = elementCount(shape);
  if (tensor.data.length === expected) return tensor;
  throw new RangeError(`expected ${expected} elements of ${type} in its contents, got ${tensor.data.length}`);
}

function read({ type, shape }: TensorHead, contents: Fields): Tensor {
  const field = FIELDS[type];
  if (field === undefined) throw new RangeError(`contents have no field for ${type}`);
  if (type === 'string') return textsOrBytes(shape, bytesIn(contents, field));
  if (type === 'float32' || type === 'float64') return { type, shape, data: floatsIn(contents, { field, type }) };
  const integers = integersIn(contents, field);
  return { type, shape, data: dataOf(type as 'int64', type === 'uint64' ? integers.map(unsigned) : integers) };
}

const unsigned = (integer: bigint) => BigInt.asUintN(64, integer);

/** Packed or one by one. */
function floatsIn(contents: Fields, { field, type }: { readonly field: number; readonly type: 'float32' | 'float64' }) {
  const single = (contents.get(field) ?? []).filter((value) => typeof value === 'number');
  return single.length > 0 ? dataOf(type, single) : viewBytes(type, concatBytes(bytesIn(contents, field)));
}
