import { describe, expect, it } from 'vitest';
import { readJsonFloats } from './json-floats.ts';

const read = (text: string) => readJsonFloats(Buffer.from(text));

/** What JSON.parse and a Float32Array make of it. */
function expected(text: string) {
  const value: unknown = JSON.parse(text);
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0] as unknown) shape.push(level.length);
  return { data: Float32Array.from([value].flat(Infinity) as number[]), shape };
}

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
    '[9007199254740993.5,16777217,16777216.999999999999999999]'.replace('9007199254740993.5', '900719925.5'),
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
      if (found === undefined) expect(text).toMatch(/\d{10}/);
      else expect([found.shape, Buffer.from(found.data.slice().buffer)]).toEqual([shape, Buffer.from(data.buffer)]);
    }
  });

  it('may be many more than their bytes make one guess', () => {
    const text = JSON.stringify([Array.from({ length: 1000 }, (_, index) => index % 10)]);
    expect(read(text)).toEqual(expected(text));
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
    ['has a long integer', '[1234567890]'],
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
