import { expect, it } from 'vitest';
import { frontEndCount } from './front-end-count.ts';

it.each([
  [1, 1],
  [2, 1],
  [4, 1],
  [5, 2],
  [8, 4],
  [16, 8],
  [96, 16],
])('on %i cores there are %i front ends', (cores, count) => {
  expect(frontEndCount(undefined, cores)).toBe(count);
});

it('are as many as were asked for, whatever the machine', () => {
  expect(frontEndCount(3, 2)).toBe(3);
});
