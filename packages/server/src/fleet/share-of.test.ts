import { expect, it } from 'vitest';
import { shareOf } from './share-of.ts';

it.each([
  [100, 3, [34, 33, 33]],
  [7, 3, [3, 2, 2]],
  [2, 4, [1, 1, 0, 0]],
  [0, 2, [0, 0]],
])('divides %i among %i front ends', (limit, count, shares) => {
  expect(shares.map((_, index) => shareOf(limit, { number: index + 1, count }))).toEqual(shares);
});
