import { expect, it } from 'vitest';
import { ServeError } from '../errors.ts';
import { Job, STEADY_CALLER } from './job.ts';
import { settleFailure } from './settle-failure.ts';

const DIED = new ServeError('worker_died', 'Worker died.');

function jobOf(requests?: number): Job {
  const asked = { operation: 'predict', requestId: 'r', codec: 'c', headers: [], inputs: [] } as const;
  const job = new Job({ ...asked, ...(requests && { requests }) }, STEADY_CALLER);
  job.answer.catch(() => {});
  return job;
}

function settle(batch: readonly Job[], error = DIED, retryOnWorkerDeath = true) {
  const told: string[] = [];
  const counter = { done: () => void told.push('done'), retried: () => void told.push('retried') };
  return { again: settleFailure(batch, { error, retryOnWorkerDeath }, counter), told };
}

it('a job over which a worker died runs again', () => {
  const batch = [jobOf(), jobOf()];
  expect(settle(batch)).toEqual({ again: batch, told: ['retried', 'retried'] });
  expect(batch.map(({ deaths, deathsAlone }) => [deaths, deathsAlone])).toEqual([
    [1, 0],
    [1, 0],
  ]);
});

it('one that stands for several requests does not: whoever asked asks for each of them', async () => {
  const [one, several] = [jobOf(), jobOf(2)];
  expect(settle([several, one])).toEqual({ again: [one], told: ['done', 'retried'] });
  await expect(several.answer).rejects.toMatchObject({ code: 'worker_died' });
});

it('one over which two workers died alone is told so, with how many died in all', async () => {
  const job = jobOf();
  settle([job]);
  expect(settle([job])).toEqual({ again: [], told: ['done'] });
  await expect(job.answer).rejects.toThrow('Worker died. 2 workers died over this request');
});

it('none runs again where that is not wanted, or no worker died', async () => {
  const jobs = [jobOf(), jobOf()];
  const late = new ServeError('response_timeout', 'late');
  expect(settle(jobs.slice(0, 1), DIED, false).again).toEqual([]);
  expect(settle(jobs.slice(1), late).again).toEqual([]);
  await expect(jobs[0]?.answer).rejects.toBe(DIED);
  await expect(jobs[1]?.answer).rejects.toBe(late);
});
