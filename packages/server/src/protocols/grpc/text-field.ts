/** A field of protobuf that holds a text. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Its bytes, tag and length included. */
export function textField(field: number, value: string): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).string(value).finish();
}
