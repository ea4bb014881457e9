import { describe, expect, it } from 'vitest';
import { packValues } from './pack-values.ts';
import { unpackValues } from './unpack-values.ts';

const ODD = {
  list: [1, -0, 'é', null, [true, [2n ** 60n]]],
  floats: Float32Array.of(1.5, Number.NaN),
  nested: [{ deep: { bytes: Buffer.from('xyz'), doubles: Float64Array.of(1e300) } }, Uint8Array.of(1, 0)],
  '__proto__ ': BigInt64Array.of(-1n),
  empty: new Float32Array(),
};

describe('values', () => {
  it.each([[ODD], [null], ['text'], [Buffer.from('alone')], [[]], [{ a: undefined }], [Int16Array.of(-3)]])(
    'come back as they were: %o',
    (value) => {
      const packed = packValues(value);
      expect(packed.length % 8).toBe(0);
      expect(unpackValues(packed)).toEqual(value);
    },
  );

  it('lie where they can be read in their place, or are copied', () => {
    const packed = packValues([Float64Array.of(1, 2), Buffer.from('x'), Int32Array.of(7)]);
    const moved = Buffer.concat([Buffer.alloc(1), packed]).subarray(1);
    expect(unpackValues(moved)).toEqual([Float64Array.of(1, 2), Buffer.from('x'), Int32Array.of(7)]);
    const [doubles] = unpackValues(packed) as [Float64Array];
    expect(doubles.buffer).toBe(packed.buffer);
  });

  it('are left as they were by whoever packs them', () => {
    const inputs = { x: { type: 'float32', shape: [1], data: Float32Array.of(1) } };
    packValues({ inputs });
    expect(inputs.x.data).toEqual(Float32Array.of(1));
  });

  it('are refused where they are none, and reach no prototype', () => {
    const withTable = (table: unknown, json = '{"a":[null]}') => {
      const text = JSON.stringify(table);
      const head = Buffer.alloc(8);
      head.writeUInt32LE(json.length, 0);
      head.writeUInt32LE(text.length, 4);
      return Buffer.concat([head, Buffer.from(json + text), Buffer.alloc(64)]);
    };
    expect(unpackValues(withTable([[['a', 0], 1, 2]]))).toEqual({ a: [Uint8Array.of(0, 0)] });
    for (const bytes of [
      Buffer.alloc(3),
      Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]),
      withTable([[['__proto__', 'x'], 1, 2]]),
      withTable([[['a', 'constructor'], 1, 2]]),
      withTable([[['a', 0, 'b'], 1, 2]]),
      withTable([[['a', 0], 99, 2]]),
      withTable([[['a', 0], 9, 3]]),
      withTable([[['a', 0], 1, 1e9]]),
      withTable([[['a', 0], 1, -1]]),
      withTable(['x']),
      withTable([[['a', 0], 1, 2]], '{"a":'),
    ]) {
      expect(() => unpackValues(bytes)).toThrow(/values|array|JSON/);
    }
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
