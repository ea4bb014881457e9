import { describe, expect, it } from 'vitest';
import { jsonExcess } from './json-excess.ts';

describe('what a JSON text holds', () => {
  it.each([
    ['1', 1],
    ['[1, 2, 3]', 4],
    ['{"a": {"b": 1}, "c": []}', 5],
    ['"[[[[,,,,"', 1],
    [String.raw`["\"", "\\", "[,\\\""]`, 4],
  ])('is no more than there is: %s', (text, values) => {
    expect(jsonExcess(text, values)).toBeUndefined();
    expect(jsonExcess(text, values - 1)).toBe(`has more than ${values - 1} values`);
  });

  it('is not too deep with 100 levels, and is with 101', () => {
    const nested = (levels: number) => '[{"a":'.repeat(levels / 2) + '['.repeat(levels % 2);
    expect(jsonExcess(nested(100), 1000)).toBeUndefined();
    expect(jsonExcess(nested(101), 1000)).toBe('is nested deeper than 100 levels');
    expect(jsonExcess('[]'.repeat(200), 1000)).toBeUndefined();
  });

  it.each(['"', '"\\', '"a\\"', '[",'])('of text that is no JSON, it ends: %j', (text) => {
    expect(jsonExcess(text, 10)).toBeUndefined();
  });
});
