/** The fields of a message of protobuf, in the order in which its bytes have them. */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';

/** Reads the value of a field, or leaves it: what is left is skipped. */
export type FieldVisitor = (field: number, type: WireType, reader: BinaryReader) => void;

/**
 * @param most how many fields it may have; for messages of clients that are read on the daemon's thread
 * @throws Error for bytes that are no message
 */
export function visitFields(bytes: Uint8Array, visit: FieldVisitor, most = Infinity): void {
  const reader = new BinaryReader(bytes);
  for (let count = 0; reader.pos < reader.len; count += 1) {
    if (count >= most) throw new RangeError(`it has more than ${most} fields`);
    const [field, type] = reader.tag();
    const start = reader.pos;
    visit(field, type, reader);
    if (reader.pos === start) reader.skip(type, field);
    if (reader.pos > reader.len) throw new RangeError('the message ends within a field');
  }
}
