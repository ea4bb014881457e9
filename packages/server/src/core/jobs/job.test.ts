import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServeError } from '../errors.ts';
import { bytesOf, Job, STEADY_CALLER, type JobAnswer, type JobRequest } from './job.ts';

const REQUEST: JobRequest = { operation: 'predict', requestId: 'r', codec: 'torchserve', headers: [], inputs: [] };
const ANSWER: JobAnswer = {
  meta: 'first',
  body: new Uint8Array(),
  queueMs: 1,
  stages: { decodeMs: 0, handlerMs: 0, encodeMs: 0, predictionMs: 0 },
};

const createJob = () => new Job(REQUEST, STEADY_CALLER);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a job', () => {
  it('is settled by the first answer, whatever comes later', async () => {
    const job = createJob();
    expect(job.isSettled).toBe(false);
    job.succeed(ANSWER);
    expect(job.isSettled).toBe(true);
    job.fail(new ServeError('internal', 'late'));
    job.succeed({ ...ANSWER, meta: 'late' });
    expect((await job.answer).meta).toBe('first');
  });

  it('is settled by the first failure, whatever comes later', async () => {
    const job = createJob();
    job.fail(new ServeError('cancelled', 'first'));
    job.succeed(ANSWER);
    await expect(job.answer).rejects.toThrow('first');
  });

  it('reminds once, and of the latest time alone', () => {
    const [early, late] = [vi.fn(), vi.fn()];
    const job = createJob();
    job.remind(10, early);
    job.remind(20, late);
    vi.advanceTimersByTime(1000);
    expect([early.mock.calls.length, late.mock.calls.length]).toEqual([0, 1]);
  });

  it('reminds nobody when it is settled', () => {
    const callback = vi.fn();
    const job = createJob();
    job.remind(10, callback);
    job.succeed(ANSWER);
    vi.advanceTimersByTime(1000);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the size of a request', () => {
  it('is that of its headers and of all pieces of all inputs', () => {
    const input = (...sizes: number[]) => ({
      name: 'x',
      contentType: '',
      chunks: sizes.map((size) => new Uint8Array(size)),
    });
    const inputs = [input(3, 4), input(), input(0, 5)];
    expect(bytesOf({ ...REQUEST, headers: ['name', 'value'], inputs })).toBe(9 + 12);
    expect(bytesOf(REQUEST)).toBe(0);
  });
});
