/** InferTensorContents: tensors that a server did not send as raw contents. */
import type { ElementFields } from '../protobuf/elements.ts';

/** The field that has elements of a type. */
export const CONTENTS_FIELDS: ElementFields = {
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
