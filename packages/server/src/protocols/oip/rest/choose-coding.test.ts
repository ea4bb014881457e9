import { expect, it } from 'vitest';
import { chooseCoding } from './choose-coding.ts';

it.each([
  ['gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['gzip, deflate, br', 'gzip'],
  ['gzip;q=0.5, deflate;q=0.8', 'deflate'],
  ['GZIP ; Q=1', 'gzip'],
  ['x-gzip', 'gzip'],
  ['*', 'gzip'],
  ['*;q=0.1, gzip;q=0', 'deflate'],
  ['br', undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip;q=0', undefined],
  ['gzip;q=0.5, identity', undefined],
  ['gzip;q=much', undefined],
  ['gzip;q=2', undefined],
])('Accept-Encoding %j chooses %s', (header, expected) => {
  expect(chooseCoding(header)).toBe(expected);
});
