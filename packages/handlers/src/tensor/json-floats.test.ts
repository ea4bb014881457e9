import { describe, expect, it } from 'vitest';
import { parseJson } from '../json.ts';
import { ANY, FEW_BYTES, parseJsonWithFloats, readJsonFloats, type JsonPlace } from './json-floats.ts';
import { isTensor, type Tensor } from './tensor.ts';

/** Spaces in front make it long enough. */
const read = (text: string) => readJsonFloats(Buffer.from(text.padStart(FEW_BYTES)));

/** What JSON.parse and a Float32Array make of it. */
function expected(text: string): Tensor {
  const value: unknown = JSON.parse(text);
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0] as unknown) shape.push(level.length);
  return { type: 'float32', shape, data: Float32Array.from([value].flat(Infinity) as number[]) };
}

const bitsOf = (data: Tensor['data'] | undefined) => Array.from(new Uint32Array((data as Float32Array).slice().buffer));

/** The same numbers every time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 16807) % 2147483647) / 2147483647;
}

/** In one of the ways in which numbers are written. */
function numberText(random: () => number): string {
  const size = (random() - 0.5) * 10 ** Math.floor(random() * 12 - 6);
  const exponents = Math.floor(random() * 80 - 50);
  const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
  const forms = [
    () => String(size),
    () => String(Math.fround(size)),
    () => size.toFixed(Math.floor(random() * 12)),
    () => size.toExponential(Math.floor(random() * 18)),
    () => `${size}`.split('e')[0] + `E+${Math.floor(random() * 40)}`,
    () => String(Math.floor(size)),
    () => `-0.${'0'.repeat(Math.floor(random() * 30))}${digits(1 + Math.floor(random() * 25))}`,
    () => `${1 + Math.floor(random() * 9)}.${digits(1 + Math.floor(random() * 40))}e${exponents}`,
    () => midpointText(random),
  ];
  return forms[Math.floor(random() * forms.length)]?.() ?? '0';
}

/** Half-way between two floats, or next to that. */
function midpointText(random: () => number): string {
  const float = new Float32Array([random() * 10 ** Math.floor(random() * 8 - 4)]);
  const bits = new Uint32Array(float.buffer);
  const low = float[0] ?? 0;
  bits[0] = (bits[0] ?? 0) + 1;
  const middle = (low + (float[0] ?? 0)) / 2;
  const step = Math.floor(random() * 3 - 1) * middle * 2 ** -52;
  return (middle + step).toFixed(20);
}

describe('nested arrays of numbers', () => {
  it.each([
    '[0]',
    '[-0, 0.0, -0.0e5]',
    '[[1,2,3],[4,5,6]]',
    ' [ [ [ 1.5 ] , [ -2e-3 ] ] ]\r\n\t',
    '[0.1,0.10000000149011612,3.4028235e38,3.4028236e38,1e39,-1e999,1e-46,1e-999]',
    '[123456789,999999999.999999999,0.000000000000000000000000000001234567890123456789012345678901234567890]',
    '[900719925.5,16777217,16777216.999999999999999999]',
    '[9007199254740993,18446744073709551615,18446744073709551616,99999999999999999999999,-1234567890123456789]',
    `[${'9'.repeat(400)},0.${'0'.repeat(400)}1,${'1'.repeat(30)}e-30,1${'0'.repeat(30)}e-70,1e45,1e-45,0e999,0e-9999999]`,
    '[1e22,1e23,12345678e22,1e44,123456789012345678e-44,7e-46,1e38,3.5e38]',
    '[12345678,123456789.12345678,0.12345678,12345678.12345678,1.0000000000000000,0.00000000]',
  ])('%s are what JSON.parse makes of them', (text) => {
    expect(read(text)).toEqual(expected(text));
  });

  it('are the same to the bit, however they are written', () => {
    const random = createRandom(7);
    for (let round = 0; round < 300; round += 1) {
      const rows = 1 + Math.floor(random() * 4);
      const size = 1 + Math.floor(random() * 20);
      const row = () => Array.from({ length: size }, () => numberText(random)).join(random() < 0.5 ? ',' : ' ,\n ');
      const text = `[${Array.from({ length: rows }, () => `[${row()}]`).join(',')}]`;
      const { data, shape } = expected(text);
      const found = read(text);
      expect([found?.shape, bitsOf(found?.data)]).toEqual([shape, bitsOf(data)]);
    }
  });

  it('may be many, of few digits or of many', () => {
    for (const digits of [1, 30]) {
      const number = (index: number) => `0.${String(index).repeat(digits)}`.slice(digits === 1 ? 2 : 0);
      const text = `[[${Array.from({ length: 50_000 }, (_, index) => number(1 + (index % 9))).join(',')}]]`;
      expect(bitsOf(read(text)?.data)).toEqual(bitsOf(expected(text).data));
    }
  });

  it('are nothing of the text that was read before', () => {
    expect(read('[1.25, 1e2345678]')).toEqual(expected('[1.25, 1e2345678]'));
    expect(read('[1')).toBeUndefined();
    expect(read('[1.2')).toBeUndefined();
    expect(read('[1e')).toBeUndefined();
  });
});

describe('anything else', () => {
  it.each([
    ['is empty', ''],
    ['has no elements', '[]'],
    ['has no elements inside', '[[]]'],
    ['is a number', '1'],
    ['is an object', '{"x":[1]}'],
    ['has other values', '[1,null]'],
    ['has texts', '["NaN"]'],
    ['has true', '[true]'],
    ['is ragged', '[[1,2],[3]]'],
    ['has numbers beside arrays', '[1,[2]]'],
    ['has arrays beside numbers', '[[1],2]'],
    ['is deeper in one place', '[[1],[[2]]]'],
    ['is very deep', `${'['.repeat(40)}1${']'.repeat(40)}`],
    ['is not closed', '[[1]'],
    ['is closed twice', '[1]]'],
    ['goes on', '[1] [2]'],
    ['goes on with a list', '[1],[2]'],
    ['has a comma too many', '[1,]'],
    ['has a comma too many between arrays', '[[1],]'],
    ['begins with a comma', '[,1]'],
    ['has no comma', '[1 2]'],
    ['has no comma between arrays', '[[1][2]]'],
    ['has a byte order mark', '\uFEFF[1]'],
    ['has another space', '[1,\u00a02]'],
    ['has a NUL', '[1\0]'],
  ])('is left to others: it %s', (_, text) => {
    expect(read(text)).toBeUndefined();
  });

  it.each([
    '01',
    '-01',
    '00.5',
    '+1',
    '.5',
    '1.',
    '-',
    '1e',
    '1e+',
    '1.e3',
    '1.5e',
    '--1',
    '1-2',
    '0x1',
    '1_0',
    'NaN',
    'Infinity',
    '1.2.3',
    '1e2e3',
    '1e2.5',
  ])('is left to others: it has the number %s', (number) => {
    expect(read(`[${number}]`)).toBeUndefined();
    expect(read(`[[0.5, ${number}]]`)).toBeUndefined();
  });
});

/** 600 bytes: shorter texts are JSON.parse's. */
const LONG = `[${Array.from({ length: 200 }, (_, index) => index % 7).join(', ')}]`;

/** Tensors as the lists that they stand for. */
function asLists(value: unknown): unknown {
  if (isTensor(value)) {
    const list = (depth: number, from: number): unknown => {
      const size = value.shape.slice(depth).reduce((product, each) => product * each, 1);
      if (depth === value.shape.length) return value.data[from];
      const stride = size / (value.shape[depth] ?? 1);
      return Array.from({ length: value.shape[depth] ?? 0 }, (_, index) => list(depth + 1, from + index * stride));
    };
    return list(0, 0);
  }
  if (Array.isArray(value)) return value.map(asLists);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asLists(each)]));
}

const withFloats = (text: string, ...places: JsonPlace[]) => parseJsonWithFloats(Buffer.from(text), places);

describe('lists of numbers in an object', () => {
  it.each([
    ['one', `{"x": ${LONG}}`, [['x']]],
    ['several', `{"x": [${LONG},${LONG}], "y" :\t[[1]], "z": [[1]]}`, [['x'], ['y'], ['unknown']]],
    ['in a list', `{"a": [{"b": "\u0061", "x": ${LONG}}, 5, {"x": [1]}, {"x": "x"}]}`, [['a', ANY, 'x']]],
    ['beside quotes', `{"a\\"b": ${LONG}, "text": "\\"x\\": [1]"}`, [['a"b'], ['x']]],
    ['beside a long integer', `{"a": {"x": ${LONG}}, "id": 12345678901234567890}`, [['a'], ['a', 'x']]],
    ['beside other lists', `{"a": {"x": ["\u00e4", ${LONG}]}, "x": ${LONG}}`, [['x']]],
    ['behind a byte order mark', `\ufeff{"x": ${LONG}}`, [['x']]],
    ['without a name', `{"": ${LONG}}`, [['']]],
  ] as [string, string, JsonPlace[]][])('are tensors, and the rest as it is: %s', (_, text, places) => {
    const found = withFloats(text, ...places);
    expect(asLists(found)).toEqual(parseJson(text));
    expect(found).not.toEqual(parseJson(text));
  });

  it.each([
    ['that is short', '{"x": [1]}'],
    ['that is none', LONG],
    ['without the key', `{"y": ${LONG}}`],
    ['with the key as a value', `{"y": "x", "z": ${LONG}}`],
    ['with the key elsewhere', `{"y": {"x": ${LONG}}}`],
    ['with the key elsewhere as well', `{"y": {"x": ${LONG}}, "x": ${LONG}}`],
    ['with the key twice', `{"x": ${LONG}, "x": ${LONG}}`],
    ['with other values in the list', `{"x": [null, ${LONG.slice(1)}}`],
    ['that is not closed', `{"x": ${LONG}`],
    ['that goes on', `{"x": ${LONG}}}`],
    ['with more behind the list', `{"x": ${LONG} 1}`],
    ['with a key that is not closed', `{"y: "x": ${LONG}}`],
    ['with no comma', `{"y": 1 "x": ${LONG}}`],
    ['with the key behind a quote', `{"\\"x": ${LONG}}`],
    ['that is no UTF-8', Buffer.concat([Buffer.from(`{"y": "`), Buffer.of(0xff), Buffer.from(`", "x": ${LONG}}`)])],
    ['with a prototype', `{"y": 1, "toString": "${LONG}"}`],
  ])('are left to others in one %s', (_, text) => {
    expect(parseJsonWithFloats(Buffer.from(text), [['x'], ['toString']])).toBeUndefined();
  });

  it('are found in random objects, or all is left to others', () => {
    const random = createRandom(11);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const keys = ['x', 'y', 'data', ',', ':', '', '\\', '"'];
    const value = (depth: number): unknown => {
      const kind = random();
      if (kind < 0.4) return Array.from({ length: 1 + Math.floor(random() * 9) }, () => Math.floor(random() * 99));
      if (kind < 0.5 || depth > 3) return pick(['x": [1, 2]', '"x": [1]', ': [3]', '[1]', null, 7, true]);
      if (kind < 0.65) return [value(depth + 1), value(depth + 1)];
      return Object.fromEntries([1, 2, 3].map(() => [pick(keys), value(depth + 1)]));
    };
    let found = 0;
    for (let round = 0; round < 500; round += 1) {
      const text = JSON.stringify({ ...(value(0) as object), x: value(1), filling: ' '.repeat(512) });
      const parsed = withFloats(text, ...keys.map((key) => [key]), ['x', 'data'], ['x', ANY, 'y']);
      if (parsed !== undefined) expect(asLists(parsed)).toEqual(JSON.parse(text));
      found += parsed === undefined ? 0 : 1;
    }
    expect(found).toBeGreaterThan(50);
  });
});
