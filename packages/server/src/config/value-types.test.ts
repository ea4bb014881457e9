import { describe, expect, it } from 'vitest';
import { boolean, filePath, hostNames, integer, oneOf, pattern, patterns, positiveNumber } from './value-types.ts';

const context = { cwd: '/srv' };

describe('an integer', () => {
  it.each([
    ['0', 0],
    ['+7', 7],
    ['0100', 100],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (text, value) => {
    expect(integer().parse(text, context)).toBe(value);
  });

  it.each(['', ' ', '1.0', '1e3', '0x10', '1_000', 'ten', '9007199254740992', '-1', '1,5'])('is not "%s"', (text) => {
    expect(() => integer().parse(text, context)).toThrow(`expected an integer from 0, came "${text}"`);
  });

  it('has a least value and names its unit', () => {
    expect(() => integer({ min: 1, unit: 'seconds' }).parse('0', context)).toThrow(
      'expected an integer from 1 (seconds), came "0"',
    );
  });
});

describe('other types', () => {
  it('read booleans in any case, and nothing else', () => {
    expect(boolean.parse('TRUE', context)).toBe(true);
    expect(boolean.parse('false', context)).toBe(false);
    expect(() => boolean.parse('yes', context)).toThrow('expected true or false, came "yes"');
  });

  it('read one of a few words in any case', () => {
    expect(oneOf('json', 'pretty').parse('JSON', context)).toBe('json');
    expect(() => oneOf('a', 'b', 'c').parse('d', context)).toThrow('expected a, b or c, came "d"');
  });

  it('make paths absolute', () => {
    expect(filePath.parse('store', context)).toBe('/srv/store');
    expect(filePath.parse('/other', context)).toBe('/other');
    expect(() => filePath.parse('', context)).toThrow('expected a path, came ""');
  });

  it('compile regular expressions, and name the one that is none', () => {
    expect(pattern.parse('^AWS_', context)).toEqual(/^AWS_/);
    expect(pattern.parse('', context)).toBeUndefined();
    expect(patterns.parse('https://a/.*, file:///b/.*,', context)).toEqual([/https:\/\/a\/.*/, /file:\/\/\/b\/.*/]);
    expect(() => patterns.parse('ok,(', context)).toThrow('expected a regular expression, came "("');
  });
});

describe('names of hosts', () => {
  it('are read between commas', () => {
    const names = ['a.example', '*.b.example', '*', '10.0.0.1', '::1', '[2001:db8::1]', 'bücher.example', 'one_two'];
    expect(hostNames.parse(` ${names.join(' , ')},`, context)).toEqual(names);
    expect(hostNames.parse('', context)).toEqual([]);
  });

  it.each(['a.example:80', 'http://a.example', 'a b', 'a/b', '*a', 'a.*', '[a]', 'a@b', '"a"'])(
    'are not "%s"',
    (name) => {
      expect(() => hostNames.parse(`localhost,${name}`, context)).toThrow(
        `expected names of hosts without ports, separated by commas, came "${name}"`,
      );
    },
  );
});

describe('a positive number', () => {
  const type = positiveNumber({ max: 100, unit: 'minutes' });

  it.each([
    ['0.5', 0.5],
    ['100', 100],
    ['60.0', 60],
  ])('reads %s', (text, value) => expect(type.parse(text, context)).toBe(value));

  it.each(['0', '0.0', '-1', '', '1e1', 'NaN', 'Infinity', '100.1', '.5', '1,5'])('is not "%s"', (text) => {
    expect(() => type.parse(text, context)).toThrow(`expected a number above 0, up to 100 (minutes), came "${text}"`);
  });
});
