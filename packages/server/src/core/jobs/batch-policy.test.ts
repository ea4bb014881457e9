import { describe, expect, it } from 'vitest';
import { nextBatch, sharedBatch } from './batch-policy.ts';

const situation = { waiting: 3, batchSize: 8, maxBatchDelayMs: 0, firstArrivedAt: 1000, now: 1000 };

describe('nextBatch', () => {
  it('takes what waits, at once, when no delay is allowed', () => {
    expect(nextBatch(situation)).toEqual({ kind: 'take', size: 3 });
  });

  it('takes no more than the batch size', () => {
    expect(nextBatch({ ...situation, waiting: 20 })).toEqual({ kind: 'take', size: 8 });
  });

  it('does nothing for an empty queue', () => {
    expect(nextBatch({ ...situation, waiting: 0 })).toEqual({ kind: 'nothing' });
  });

  it('waits for company as long as the first job may still wait', () => {
    expect(nextBatch({ ...situation, maxBatchDelayMs: 100, now: 1040 })).toEqual({ kind: 'wait', delayMs: 60 });
  });

  it('stops waiting when the first job has waited long enough, or the batch is full', () => {
    expect(nextBatch({ ...situation, maxBatchDelayMs: 100, now: 1100 })).toEqual({ kind: 'take', size: 3 });
    expect(nextBatch({ ...situation, maxBatchDelayMs: 100, waiting: 8 })).toEqual({ kind: 'take', size: 8 });
  });
});

describe('sharedBatch', () => {
  it('takes what waits, at once, and no more than the batch size', () => {
    expect(sharedBatch({ waiting: 3, batchSize: 8, workers: 1 })).toEqual({ kind: 'take', size: 3 });
    expect(sharedBatch({ waiting: 20, batchSize: 8, workers: 1 })).toEqual({ kind: 'take', size: 8 });
  });

  it('leaves the other workers their part', () => {
    expect(sharedBatch({ waiting: 7, batchSize: 8, workers: 3 })).toEqual({ kind: 'take', size: 3 });
    expect(sharedBatch({ waiting: 1, batchSize: 8, workers: 3 })).toEqual({ kind: 'take', size: 1 });
  });

  it('does nothing for an empty queue', () => {
    expect(sharedBatch({ waiting: 0, batchSize: 8, workers: 3 })).toEqual({ kind: 'nothing' });
  });
});
