import { describe, expect, it } from 'vitest';
import { BatchSize, largestBatch } from './batch-size.ts';

/** What is next after so many batches of a size, each of which took so long. */
function nextAfter(batches: number, jobs: number, ms: number): number {
  const size = new BatchSize('auto');
  for (let count = 0; count < batches; count += 1) size.answered(jobs, ms);
  return size.next(true);
}

describe('the size of a batch', () => {
  it('is what somebody said, whatever a batch takes', () => {
    const size = new BatchSize(7);
    size.answered(1, 5000);
    expect([size.next(true), size.next(false), largestBatch(7, false)]).toEqual([7, 7, 7]);
  });

  it('is 1 where nobody said it and rows are not known to be merged', () => {
    const size = new BatchSize('auto');
    size.answered(1, 0.01);
    expect([size.next(false), largestBatch('auto', false)]).toEqual([1, 1]);
  });

  it('is shared by several workers, unless somebody said it', () => {
    const [own, said] = [new BatchSize('auto'), new BatchSize(8)];
    own.answered(1, 0.01);
    expect([own.ofEach(1), own.ofEach(3), own.ofEach(100), own.ofEach(0), said.ofEach(4)]).toEqual([32, 10, 1, 32, 8]);
  });

  it('is 1 as long as nobody knows what a job takes', () => {
    expect(new BatchSize('auto').next(true)).toBe(1);
  });

  it.each([
    ['many quick jobs', 0.05, 32],
    ['those that take no time at all', 0, 32],
    ['few that take a while', 4, 2],
    ['one that takes long', 30, 1],
  ])('is room for %s', (_, jobMs, expected) => {
    expect(nextAfter(1, 1, jobMs)).toBe(expected);
    expect(largestBatch('auto', true)).toBe(32);
  });

  it('grows where several jobs take hardly longer than one', () => {
    expect(nextAfter(1, 1, 5)).toBe(2);
    expect(nextAfter(30, 2, 5.5)).toBe(3);
  });

  it('shrinks when jobs become slow, and grows again', () => {
    const size = new BatchSize('auto');
    size.answered(1, 0.1);
    expect(size.next(true)).toBe(32);
    for (let count = 0; count < 20; count += 1) size.answered(1, 50);
    expect(size.next(true)).toBe(1);
    for (let count = 0; count < 50; count += 1) size.answered(1, 0.1);
    expect(size.next(true)).toBe(32);
  });
});
