import { expect, it } from 'vitest';
import { compareVersions } from './compare-versions.ts';

it.each([
  [
    ['1.10', '1.9', '1.0'],
    ['1.0', '1.9', '1.10'],
  ],
  [
    ['10', '9', '2'],
    ['2', '9', '10'],
  ],
  [
    ['v2', 'v10', 'v1'],
    ['v1', 'v2', 'v10'],
  ],
  [
    ['2024-10-01', '2024-9-30'],
    ['2024-9-30', '2024-10-01'],
  ],
  [
    ['1.0.1', '1.0'],
    ['1.0', '1.0.1'],
  ],
  [
    ['b', 'a'],
    ['a', 'b'],
  ],
])('orders %j by the numbers and words in them', (given, sorted) => {
  expect(given.toSorted(compareVersions)).toEqual(sorted);
});

it('finds no order between a version and itself', () => {
  expect(compareVersions('1.0', '1.0')).toBe(0);
});
