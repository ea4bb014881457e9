import { describe, expect, it } from 'vitest';
import { parseJson } from './parse-json.ts';
import { stringifyJson } from './stringify-json.ts';

describe('JSON that is read', () => {
  it.each([
    ['[1, -2.5, 9007199254740991]', [1, -2.5, 9007199254740991]],
    ['[9007199254740993, -9223372036854775808]', [9007199254740993n, -9223372036854775808n]],
    ['[NaN, Infinity, -Infinity]', ['NaN', 'Infinity', '-Infinity']],
    ['["NaN \\" Infinity", NaN]', ['NaN " Infinity', 'NaN']],
    ['{"a": NaN, "b": 18446744073709551615}', { a: 'NaN', b: 18446744073709551615n }],
    ['[1234567890123456.5, 1e30]', [1234567890123456.5, 1e30]],
    ['"9007199254740993"', '9007199254740993'],
  ])('%s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each(['', '{', 'NaN NaN', 'nan', '<html>'])('not %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe('JSON that is written', () => {
  it.each([
    [{ a: [1, 'x', null, true] }, '{"a":[1,"x",null,true]}'],
    [{ a: Float32Array.of(1, 2.5) }, '{"a":[1,2.5]}'],
    [[BigInt64Array.of(9007199254740993n), 5n], '[[9007199254740993],5]'],
    [{ a: Uint8Array.of(1, 2) }, '{"a":[1,2]}'],
    [{ a: undefined, b: new Date(0) }, '{"b":"1970-01-01T00:00:00.000Z"}'],
  ])('%#', (value, text) => {
    expect(stringifyJson(value)).toBe(text);
  });

  it('has bytes in base64 where that is asked for', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index % 256);
    const b64 = Buffer.from(bytes).toString('base64');
    expect(stringifyJson({ instances: [{ image: bytes }] }, { bytesAsBase64: true })).toBe(
      `{"instances":[{"image":{"b64":"${b64}"}}]}`,
    );
  });

  it.each([[NaN], [[[Infinity]]], [{ a: Float64Array.of(-Infinity) }]])(
    'refuses %j, which would become null',
    (value) => {
      expect(() => stringifyJson(value)).toThrow(/JSON has no number for/);
    },
  );

  it('changes nothing of what it is given', () => {
    const value = Object.freeze({ list: Object.freeze([Float32Array.of(1), 2]) });
    expect(stringifyJson(value)).toBe('{"list":[[1],2]}');
    expect(value.list[0]).toBeInstanceOf(Float32Array);
  });
});
