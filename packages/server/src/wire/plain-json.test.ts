import { afterEach, describe, expect, it } from 'vitest';
import { plainJson } from './plain-json.ts';

const VALUES: readonly unknown[] = [
  'text "quoted"\u2028\n',
  -0.5,
  NaN,
  true,
  null,
  [],
  {},
  [1, [undefined, 'x'], { a: [null] }],
  { 'a "key"': { b: undefined, c: [1, 2] }, d: false },
];
const prototypes = { Array: Array.prototype, Object: Object.prototype };

describe('plainJson', () => {
  afterEach(() => {
    for (const prototype of Object.values(prototypes)) Reflect.deleteProperty(prototype, 'toJSON');
  });

  it.each(['Array', 'Object'] as const)('is that of JSON.stringify, also when every %s has a toJSON', (name) => {
    const expected = VALUES.map((value) => JSON.stringify(value));
    expect(VALUES.map(plainJson)).toEqual(expected);
    Object.defineProperty(prototypes[name], 'toJSON', { value: () => 'mine', configurable: true });
    const texts: string[] = [];
    for (const value of VALUES) texts.push(plainJson(value));
    Reflect.deleteProperty(prototypes[name], 'toJSON');
    expect(texts).toEqual(expected);
  });
});
