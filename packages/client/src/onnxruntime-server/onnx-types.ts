/** The element types of onnx.TensorProto (protocols.md 6.3). */
import type { TensorType } from '../tensor/tensor.ts';

const NUMBERS = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bytes: 8,
} as const satisfies Record<TensorType, number>;

const TYPES = new Map<number, TensorType>(
  Object.entries(NUMBERS)
    .filter(([type]) => type !== 'bytes')
    .map(([type, number]) => [number, type as TensorType]),
);

/** `data_type` of an element type. @throws RangeError for one that there is not */
export function onnxTypeOf(type: TensorType): number {
  if (Object.hasOwn(NUMBERS, type)) return NUMBERS[type];
  throw new RangeError(`expected one of the types ${Object.keys(NUMBERS).join(', ')}, got ${type}`);
}

/** The element type of a `data_type`; that of STRING is `string`. @throws RangeError for one that no tensor has here, such as BFLOAT16 */
export function typeOfOnnx(number: number): TensorType {
  const type = TYPES.get(number);
  if (type !== undefined) return type;
  const known = [...TYPES].map(([each, name]) => `${each} (${name})`);
  throw new RangeError(`expected a data_type of ${known.join(', ')}, got ${number}`);
}
