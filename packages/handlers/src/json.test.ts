import { describe, expect, it } from 'vitest';
import { parseJson, stringifyJson } from './json.ts';

describe('parseJson', () => {
  it('reads integers beyond 2^53 as bigint, and only those', () => {
    expect(parseJson('[9007199254740993, -9007199254740993]')).toEqual([9007199254740993n, -9007199254740993n]);
    expect(
      parseJson(
        '{"a":18446744073709551615,"b":1234567890123456,"c":0.12345678901234567,"d":1e30,"e":12345678901234567890.5}',
      ),
    ).toEqual({
      a: 18446744073709551615n,
      b: 1234567890123456,
      c: Number('0.12345678901234567'),
      d: 1e30,
      e: Number('12345678901234567890.5'),
    });
  });

  it('does the same for bytes, wherever the integer stands', () => {
    expect(parseJson(Buffer.from('9007199254740993'))).toBe(9007199254740993n);
    for (let before = 0; before < 40; before += 1) {
      const text = `[${' '.repeat(before)}-9007199254740993,0.12345678901234567,12345678901234567e-1,1]`;
      expect(parseJson(Buffer.from(text))).toEqual([
        -9007199254740993n,
        Number('0.12345678901234567'),
        Number('12345678901234567e-1'),
        1,
      ]);
    }
  });

  it('reads text of all scripts, behind a byte order mark too, and refuses bytes that are no UTF-8', () => {
    const value = { größe: '日本', long: [9007199254740993n] };
    expect(parseJson(Buffer.from('{"größe":"日本","long":[9007199254740993]}'))).toEqual(value);
    expect(parseJson(Buffer.from('\uFEFF{"größe":"日本","long":[9007199254740993]}'))).toEqual(value);
    expect(parseJson('\uFEFF[1]')).toEqual([1]);
    expect(() => parseJson(Uint8Array.from([0x22, 0xff, 0x22]))).toThrow(SyntaxError);
  });

  it('takes duplicate keys and __proto__ as JSON.parse does, big integer or not', () => {
    for (const number of ['1', '9007199254740993']) {
      const value = parseJson(`{"a":1,"a":2,"__proto__":{"x":${number}}}`) as Record<string, unknown>;
      expect(value.a).toBe(2);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.hasOwn(value, '__proto__')).toBe(true);
    }
  });

  it.each(['', 'NaN', '[1,]', '{a:1}', '[9007199254740993', '[1] x'])('refuses %j with a SyntaxError', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });
});

describe('stringifyJson', () => {
  it('writes bigints as digits wherever they are', () => {
    expect(stringifyJson({ a: [1, 9007199254740993n], b: 'x' })).toBe('{"a":[1,9007199254740993],"b":"x"}');
  });

  it('writes everything else as JSON.stringify does', () => {
    const value = { date: new Date(0), nothing: null, skipped: undefined, nested: [undefined, NaN] };
    expect(stringifyJson(value)).toBe(JSON.stringify(value));
  });

  it('keeps negative zeros, wherever they are, beside bigints too', () => {
    const text = '{"a":[1,-0.0,[0,-0.0]],"b":-0.0,"c":0,"d":9007199254740993}';
    expect(stringifyJson(parseJson(text))).toBe(text);
    expect(stringifyJson(parseJson('[[-0.0]]'))).toBe('[[-0.0]]');
    expect(parseJson(stringifyJson(-0))).toBe(-0);
  });

  it('refuses what JSON cannot hold', () => {
    expect(() => stringifyJson(undefined)).toThrow('got undefined');
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => stringifyJson(cycle)).toThrow(TypeError);
  });
});
