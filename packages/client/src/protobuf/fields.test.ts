import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../tensor/tensor-bytes.ts';
import { bytesField, bytesIn, integersField, integersIn, readFields, textField, textIn, textsIn } from './fields.ts';

/** Around each size at which an integer takes another byte. */
const EDGES = [
  0,
  ...[7, 14, 21, 28, 31, 32, 35, 42, 49, 53].flatMap((bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]),
].filter(Number.isSafeInteger);

describe('fields that are written', () => {
  it.each([EDGES, [-1, 5], [2n ** 63n - 1n, -(2n ** 63n)]])('have the integers that others write', (...integers) => {
    const writer = new BinaryWriter();
    for (const integer of integers) writer.int64(BigInt(integer));
    const expected = new BinaryWriter().tag(3, WireType.LengthDelimited).bytes(writer.finish()).finish();
    const written = concatBytes(integersField(3, integers));
    expect(written).toEqual(expected);
    expect(integersIn(readFields(written), 3)).toEqual(integers.map(BigInt));
  });

  it.each([1, 15, 16, 2047, 2048, 2 ** 29 - 1])('have the number %i, and lengths of any size', (number) => {
    for (const length of [0, 1, 127, 128, 16_383, 16_384]) {
      const bytes = new Uint8Array(length).fill(7);
      const reader = new BinaryReader(concatBytes(bytesField(number, bytes)));
      expect(reader.tag()).toEqual([number, WireType.LengthDelimited]);
      expect(reader.bytes()).toEqual(bytes);
      expect(reader.pos).toBe(reader.len);
    }
  });

  it('have texts, each on its own', () => {
    const fields = readFields(concatBytes([...textField(1, 'häuser'), ...textField(1, ''), ...textField(1, '🙂')]));
    expect([textsIn(fields, 1), textIn(fields, 1), bytesIn(fields, 2)]).toEqual([['häuser', '🙂'], '🙂', []]);
    // What is cut in one is no beginning of the next.
    const cut = readFields(concatBytes([...bytesField(1, Uint8Array.of(0xf0, 0x9f)), ...textField(1, 'a')]));
    expect(textsIn(cut, 1)).toEqual(['�', 'a']);
  });
});
