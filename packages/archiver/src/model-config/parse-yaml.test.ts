import { describe, expect, it } from 'vitest';
import { parseYaml } from './parse-yaml.ts';

describe('YAML', () => {
  it.each([
    ['', undefined],
    ['# nothing', undefined],
    ['null', null],
    ['a: yes\nb: 2001-01-01\nc: 0x1f\nd: 1e3\ne: ~', { a: 'yes', b: '2001-01-01', c: 31, d: 1000, e: null }],
    ['base: &b {x: 1}\nother: {<<: *b, y: 2}', { base: { x: 1 }, other: { x: 1, y: 2 } }],
    ['\uFEFFa: 1\n...', { a: 1 }],
    ['1: a\ntrue: b', { 1: 'a', true: 'b' }],
    ['{"json": ["too"]}', { json: ['too'] }],
  ])('is read: %j', (text, value) => {
    expect(parseYaml(text)).toEqual(value);
  });

  it('sets no prototype', () => {
    expect(Object.getOwnPropertyNames(parseYaml('__proto__: {x: 1}'))).toEqual(['__proto__']);
  });

  it.each([
    ['two documents', 'a: 1\n---\nb: 2', 'expected one document, came 2'],
    ['a value that holds itself', '&a [*a]', 'its values are nested deeper than 100 levels'],
    ['a mapping that holds itself', 'a: &a {b: *a}', 'its values are nested deeper than 100 levels'],
    ['a key twice', 'a: 1\na: 2', 'duplicated mapping key at line 2, column 1'],
    ['what is no YAML', 'a: [', 'unexpected end of the stream within a flow collection at line 1, column 5'],
    ['a name that is endless', `a: !<${'x'.repeat(100_000)}> b`, /^unknown scalar tag .{0,200}… at line 1, column 4$/],
  ])('is refused when it is %s', (_, text, message) => {
    expect(() => parseYaml(text)).toThrow(message);
  });
});

describe('YAML that is made to take long', () => {
  const times = (text: string, start = '') => start + text.repeat(2 ** 20 / text.length);
  const bomb = ['a0: &a0 [x]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)];

  it.each([
    ['anchors', times('&a ', 'a: ')],
    ['tags', times('!!str ', 'a: ')],
    ['nested lists', times('- ')],
    ['nested brackets', times('[')],
    ['nested keys', times('? ')],
    ['documents', times('---\n')],
    ['the same key', times('a: 1\n')],
    ['aliases that double each time', bomb.join('\n')],
    ['a text that aliases repeat', `a: &a ${times('x')}\nb: [${'*a, '.repeat(1000)}]`],
  ])('is refused in a moment: a megabyte of %s', (_, text) => {
    const started = performance.now();
    expect(() => parseYaml(text)).toThrow(/^.{1,300}$/);
    // What is quadratic takes minutes.
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});
