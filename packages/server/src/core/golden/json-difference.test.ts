import { parseJson } from '@marserve/handlers/json';
import { describe, expect, it } from 'vitest';
import { jsonDifference, type Tolerance } from './json-difference.ts';

/** Compares two texts of JSON. */
function compare(expected: string, actual: string, tolerance: number | Tolerance = 0): string | undefined {
  const rule = typeof tolerance === 'number' ? { absolute: tolerance } : tolerance;
  return jsonDifference(parseJson(expected), parseJson(actual), rule);
}

describe('two JSON values are the same', () => {
  it.each([
    ['whatever the order of their keys', '{"a":1,"b":[true,null]}', '{ "b": [true, null], "a": 1.0 }'],
    ['when both are null', 'null', 'null'],
    ['when their long integers are', '[9007199254740993]', '[9007199254740993]'],
    ['when one writes a number with an exponent', '100000000000000000000', '1e20'],
    ['when NaN is the string that tensors have', '["NaN","-Infinity"]', '["NaN","-Infinity"]'],
    ['when both numbers are too large', '1e999', '1e999'],
    ['when zero has a sign', '0', '-0'],
    ['when a key is called __proto__', '{"__proto__":1}', '{"__proto__":1}'],
  ])('%s', (_, expected, actual) => {
    expect(compare(expected, actual)).toBeUndefined();
  });
});

describe('the first difference', () => {
  it.each([
    ['a number', '{"pred":7,"dist":0.5}', '{"dist":0.5,"pred":1}', '$.pred is 1, expected 7'],
    ['a number by very little', '0.1', '0.10000000000000002', '$ is 0.10000000000000002, expected 0.1'],
    [
      'a long integer',
      '[9007199254740993]',
      '[9007199254740992]',
      '$[0] is 9007199254740992, expected 9007199254740993',
    ],
    ['a deep one', '[[1],{"a b":[{"c":"x"}]}]', '[[1],{"a b":[{"c":"y"}]}]', '$[1]["a b"][0].c is "y", expected "x"'],
    ['a string for a number', '1', '"1"', '$ is "1", expected 1'],
    ['true for a number', '1', 'true', '$ is true, expected 1'],
    ['null for an object', '{}', 'null', '$ is null, expected an object'],
    ['an object for an array', '[1,2]', '{"0":1}', '$ is an object, expected an array of 2'],
    ['an array for an object', '{"0":1}', '[1,2]', '$ is an array of 2, expected an object'],
    ['fewer elements', '{"a":[1,2,3]}', '{"a":[1,2]}', '$.a has 2 elements, expected 3'],
    ['more elements', '[[1],[1]]', '[[1],[1,2]]', '$[1] has 2 elements, expected 1'],
    ['a missing key', '{"a":{"b":1,"c":[5]}}', '{"a":{"b":1}}', '$.a.c is missing, expected an array of 1'],
    ['a key too many', '[{}]', '[{"b":null}]', '$[0].b is null, expected no such key'],
    ['a key that objects inherit', '{"toString":1}', '{}', '$.toString is missing, expected 1'],
    ['an empty string', '""', 'false', '$ is false, expected ""'],
  ])('is %s', (_, expected, actual, problem) => {
    expect(compare(expected, actual)).toBe(problem);
  });

  it('shows the beginning of a long string', () => {
    const problem = compare(`"${'a'.repeat(1000)}"`, '""');
    expect(problem).toBe(`$ is "", expected "${'a'.repeat(100)}"…`);
  });

  it('shows the beginning of a long key', () => {
    const key = 'k'.repeat(1000);
    expect(compare(`{"${key}":1}`, '{}')).toBe(`$["${'k'.repeat(100)}"…] is missing, expected 1`);
  });

  it('is found in what is nested too deeply, rather than losing the stack', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(compare(deep, deep)).toMatch(/^\$(\[0\]){101} is nested deeper than 100 levels$/);
  });
});

describe('a tolerance', () => {
  it('is absolute for numbers up to 1', () => {
    expect(compare('[0, -0.5, 1]', '[0.009, -0.509, 1.009]', 0.01)).toBeUndefined();
    expect(compare('0', '0.011', 0.01)).toBe('$ is 0.011, expected 0 (tolerance 0.01)');
    expect(compare('0.5', '0.489', 0.01)).toBe('$ is 0.489, expected 0.5 (tolerance 0.01)');
  });

  it('is a part of larger numbers', () => {
    expect(compare('[2000, -2000]', '[2019, -2019]', 0.01)).toBeUndefined();
    expect(compare('-2000', '-2021', 0.01)).toBe('$ is -2021, expected -2000 (tolerance 0.01)');
  });

  it('holds for numbers everywhere, and for nothing else', () => {
    expect(compare('{"a":[{"b":1}],"c":2}', '{"a":[{"b":1.001}],"c":2.001}', 0.01)).toBeUndefined();
    expect(compare('["0.5"]', '["0.501"]', 0.01)).toBe('$[0] is "0.501", expected "0.5"');
    expect(compare('[1]', '[1, 1]', 1)).toBe('$ has 2 elements, expected 1');
  });

  it('holds for long integers too', () => {
    expect(compare('9007199254740993', '9007199254740999', 1e-6)).toBeUndefined();
    expect(compare('9007199254740993', '9107199254740993', 1e-6)).toContain('expected 9007199254740993');
  });

  it('takes no number for infinity, nor infinity for a number', () => {
    expect(compare('1e999', '5', 1)).toBe('$ is 5, expected Infinity (tolerance 1)');
    expect(compare('5', '1e999', 1)).toBe('$ is Infinity, expected 5 (tolerance 1)');
    expect(compare('1e999', '-1e999', 1)).toBe('$ is -Infinity, expected Infinity (tolerance 1)');
  });

  it('does not take the string NaN for a number', () => {
    expect(compare('[0.5]', '["NaN"]', 0.1)).toBe('$[0] is "NaN", expected 0.5');
  });
});

describe('a relative tolerance', () => {
  const rule = { absolute: 1e-8, relative: 0.01 };

  it('holds numbers of every size to their own size', () => {
    expect(compare('[0.0003, -2e-5, 0.75, 2000]', '[0.000302, -2.01e-5, 0.757, 2019]', rule)).toBeUndefined();
    expect(compare('0.0003', '0.0004', rule)).toBe(
      '$ is 0.0004, expected 0.0003 (tolerance 1e-8, relative tolerance 0.01)',
    );
    expect(compare('0.75', '0.76', rule)).toContain('$ is 0.76, expected 0.75');
  });

  it('is added to the absolute one, which alone is left for 0', () => {
    expect(compare('[0, 0.5]', '[0.001, 0.5059]', { absolute: 0.001, relative: 0.01 })).toBeUndefined();
    expect(compare('0.5', '0.507', { absolute: 0.001, relative: 0.01 })).toContain('expected 0.5');
    expect(compare('0', '1e-9', rule)).toBeUndefined();
    expect(compare('0', '0.001', rule)).toContain('expected 0');
    expect(compare('0', '1e-300', { absolute: 0, relative: 1 })).toContain('expected 0');
  });

  it('of 0 with an absolute one of 0 compares exactly, long integers too', () => {
    const exact = { absolute: 0, relative: 0 };
    expect(compare('9007199254740993', '9007199254740992', exact)).toContain('expected 9007199254740993');
    expect(compare('[0.5, 9007199254740993]', '[0.5, 9007199254740993]', exact)).toBeUndefined();
  });
});
