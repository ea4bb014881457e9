import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Job, STEADY_CALLER } from './job.ts';
import { JobClock } from './job-clock.ts';

interface Limits {
  /** What the client says. */
  readonly timeoutMs?: number;
  readonly clientTimeoutMs?: number;
  readonly responseTimeoutMs?: number;
}

/** A job that waits until `give` is called, and the text of what ended it. */
function createClock({ timeoutMs, clientTimeoutMs = 0, responseTimeoutMs = 1000 }: Limits) {
  const request = { operation: 'predict', requestId: 'r', codec: 'c', headers: [], inputs: [], timeoutMs } as const;
  const job = new Job(request, STEADY_CALLER);
  let isWaiting = true;
  const ended: string[] = [];
  const clock = new JobClock({
    settings: { clientTimeoutMs, responseTimeoutMs },
    waiting: () => (isWaiting ? [job] : []),
    expire: (_, { code, message }) => ended.push(`${code}: ${message}`),
  });
  clock.watch(job);
  return { job, clock, ended, give: () => (isWaiting = false) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the time of a job', () => {
  it('is over when no worker has taken it within the response timeout', () => {
    const { ended } = createClock({});
    vi.advanceTimersByTime(999);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(['deadline_exceeded: No worker was free within 1 s (response_timeout). Try again later.']);
  });

  it('has no end once a worker has it, when nobody said so', () => {
    const { ended, give } = createClock({});
    give();
    vi.advanceTimersByTime(1_000_000);
    expect(ended).toEqual([]);
  });

  it.each([
    ['client', { timeoutMs: 300 }, 300],
    ['model', { clientTimeoutMs: 400 }, 400],
    ['client, when it waits for less than the model allows', { timeoutMs: 300, clientTimeoutMs: 400 }, 300],
    ['model, when it allows less than the client waits for', { timeoutMs: 500, clientTimeoutMs: 400 }, 400],
    ['client, when that is longer than a worker is waited for', { timeoutMs: 3000 }, 3000],
  ])('that a worker has is over as the %s says', (_, limits, ms) => {
    const { ended, give } = createClock(limits);
    give();
    vi.advanceTimersByTime(ms - 1);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual([expect.stringContaining(`no answer within ${ms} ms`)]);
  });

  it('counts from the arrival, also for one that waits again', () => {
    const { job, clock, ended } = createClock({ timeoutMs: 500 });
    vi.advanceTimersByTime(400);
    clock.watch(job);
    vi.advanceTimersByTime(100);
    expect(ended).toHaveLength(1);
  });

  it('is looked at before the job is given away, since timers come late', () => {
    const { job, clock, ended } = createClock({ timeoutMs: 500 });
    expect(clock.endIfOver(job, job.arrivedAt + 499)).toBe(false);
    expect(clock.endIfOver(job, job.arrivedAt + 500)).toBe(true);
    expect(ended).toHaveLength(1);
  });

  it('is never over for one without limits', () => {
    const { job, clock } = createClock({});
    expect(clock.endIfOver(job, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});
