/** Where InferTensorContents has the elements of each datatype; FP16 is in none of its fields. */
import type { Datatype } from '../tensors/datatypes.ts';

/** How the elements are written; `fixed` ones have the bytes that tensors have. */
export type ContentsKind = 'bool' | 'int32' | 'int64' | 'uint32' | 'uint64' | 'fixed' | 'bytes';

/** A field of the message. */
export interface ContentsField {
  /** In `InferTensorContents`. */
  readonly number: number;
  /** In `InferTensorContents`, for messages. */
  readonly name: string;
  /** How its elements are written. */
  readonly kind: ContentsKind;
}

const INT: ContentsField = { number: 2, name: 'int_contents', kind: 'int32' };
const UINT: ContentsField = { number: 4, name: 'uint_contents', kind: 'uint32' };

/** By datatype (protocols.md 2.4). */
export const CONTENTS_FIELDS: Readonly<Record<Exclude<Datatype, 'FP16'>, ContentsField>> = {
  BOOL: { number: 1, name: 'bool_contents', kind: 'bool' },
  INT8: INT,
  INT16: INT,
  INT32: INT,
  INT64: { number: 3, name: 'int64_contents', kind: 'int64' },
  UINT8: UINT,
  UINT16: UINT,
  UINT32: UINT,
  UINT64: { number: 5, name: 'uint64_contents', kind: 'uint64' },
  FP32: { number: 6, name: 'fp32_contents', kind: 'fixed' },
  FP64: { number: 7, name: 'fp64_contents', kind: 'fixed' },
  BYTES: { number: 8, name: 'bytes_contents', kind: 'bytes' },
};
