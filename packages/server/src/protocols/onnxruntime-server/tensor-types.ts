/** The element types of onnx.TensorProto, and which field has elements that are not raw (protocols.md 6.3). */
import type { TensorType } from '@marserve/handlers';

/** A field of TensorProto with elements. */
export interface ElementField {
  /** In the message. */
  readonly number: number;
  /** As onnx-ml.proto has it. */
  readonly name: string;
  /** As JSON has it. */
  readonly jsonName: string;
  /** How the elements are written; `fixed` ones have the bytes that tensors have. */
  readonly kind: 'fixed' | 'int32' | 'int64' | 'uint64' | 'bytes';
}

/** All of them. */
export const ELEMENT_FIELDS = {
  float: { number: 4, name: 'float_data', jsonName: 'floatData', kind: 'fixed' },
  int32: { number: 5, name: 'int32_data', jsonName: 'int32Data', kind: 'int32' },
  string: { number: 6, name: 'string_data', jsonName: 'stringData', kind: 'bytes' },
  int64: { number: 7, name: 'int64_data', jsonName: 'int64Data', kind: 'int64' },
  double: { number: 10, name: 'double_data', jsonName: 'doubleData', kind: 'fixed' },
  uint64: { number: 11, name: 'uint64_data', jsonName: 'uint64Data', kind: 'uint64' },
} as const satisfies Record<string, ElementField>;

/** An element type. */
export interface OnnxType {
  /** Of TensorProto.DataType. */
  readonly number: number;
  /** The same, in words. */
  readonly name: string;
  /** Where elements are that are not raw. */
  readonly field: ElementField;
}

const { float, int32, string, int64, double, uint64 } = ELEMENT_FIELDS;

/** Those that the runtime carries. */
export const ONNX_TYPES: Readonly<Record<TensorType, OnnxType>> = {
  float32: { number: 1, name: 'FLOAT', field: float },
  uint8: { number: 2, name: 'UINT8', field: int32 },
  int8: { number: 3, name: 'INT8', field: int32 },
  uint16: { number: 4, name: 'UINT16', field: int32 },
  int16: { number: 5, name: 'INT16', field: int32 },
  int32: { number: 6, name: 'INT32', field: int32 },
  int64: { number: 7, name: 'INT64', field: int64 },
  string: { number: 8, name: 'STRING', field: string },
  bool: { number: 9, name: 'BOOL', field: int32 },
  float16: { number: 10, name: 'FLOAT16', field: int32 },
  float64: { number: 11, name: 'DOUBLE', field: double },
  uint32: { number: 12, name: 'UINT32', field: uint64 },
  uint64: { number: 13, name: 'UINT64', field: uint64 },
};

const BY_NUMBER = new Map(Object.entries(ONNX_TYPES).map(([type, { number }]) => [number, type as TensorType]));

/** The element type of a `data_type`; undefined for one that the runtime does not carry. */
export function typeOfNumber(number: number): TensorType | undefined {
  return BY_NUMBER.get(number);
}

/** @param type an element type in the handlers' spelling @throws RangeError for one that there is not */
export function onnxNameOf(type: string): string {
  const found = (ONNX_TYPES as Readonly<Record<string, OnnxType>>)[type];
  if (found === undefined) throw new RangeError(`ONNX has no elements of ${type}`);
  return found.name;
}
