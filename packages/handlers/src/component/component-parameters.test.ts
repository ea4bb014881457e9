import { expect, it } from 'vitest';
import { readParameters } from './component-parameters.ts';

const one = (value: unknown, type?: string) => readParameters([{ name: 'p', value, type }])['p'];

it.each([
  ['INT', '-3', -3],
  ['INT', 4, 4],
  ['FLOAT', '1e-3', 0.001],
  ['DOUBLE', ' 2 ', 2],
  ['STRING', '2', '2'],
  [undefined, 'x', 'x'],
  ['BOOL', 'True', true],
  ['BOOL', '0', false],
  ['BOOL', true, true],
])('a parameter of type %s is read: %j', (type, value, expected) => {
  expect(one(value, type)).toBe(expected);
});

it.each([
  ['INT', '1.5'],
  ['INT', ''],
  ['FLOAT', 'x'],
  ['FLOAT', ''],
  ['BOOL', 'maybe'],
  ['LIST', 'x'],
])('a parameter that is none of type %s is named: %j', (type, value) => {
  expect(() => one(value, type)).toThrow(/parameter "p": expected/);
});

it.each(['{', '{}', '[1]', '[{"value": 1}]', '"x"'])('what is no list of parameters is refused: %s', (json) => {
  expect(() => readParameters(json)).toThrow(/^parameters: expected/);
});
