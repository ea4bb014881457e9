import { describe, expect, it } from 'vitest';
import { uncounted } from '../../test-support/scripted-version.ts';
import { ServeError } from '../errors.ts';
import { Job, STEADY_CALLER, type Operation } from './job.ts';
import { JobCounter } from './job-counter.ts';

const KEY = { name: 'm', version: '1' };
const STAGES = { decodeMs: 1, handlerMs: 1, encodeMs: 1, predictionMs: 3 };

/** A counter, and what it has told, in its order. */
function createCounter() {
  const told: string[] = [];
  const tell =
    (what: string) =>
    (...facts: readonly unknown[]) =>
      void told.push(what, ...facts.filter((fact) => typeof fact === 'object').map((fact) => JSON.stringify(fact)));
  const counter = new JobCounter({
    key: KEY,
    metrics: {
      ...uncounted,
      jobDone: tell('done'),
      jobRetried: tell('retried'),
      jobExpired: tell('expired'),
      batchDone: (_, { size, overheadMs }) => void told.push(`batch of ${size}, ${overheadMs} ms beside it`),
    },
    statistics: {
      succeeded: () => void told.push('succeeded'),
      failed: () => void told.push('failed'),
      batchAnswered: ({ size, answered }) => void told.push(`${answered} of ${size} answered`),
    },
  });
  return { counter, told };
}

function createJob(operation: Operation = 'predict', requests?: number): Job {
  const asked = { operation, requestId: 'r', codec: 'c', headers: [], inputs: [], ...(requests && { requests }) };
  const job = new Job(asked, STEADY_CALLER);
  job.answer.catch(() => {});
  return job;
}

describe('what becomes of a job', () => {
  it('is counted by the worker that is done with it, whether it has an answer or not', () => {
    const { counter, told } = createCounter();
    counter.done(createJob(), true);
    counter.done(createJob(), false);
    expect(told.filter((line) => !line.startsWith('{'))).toEqual(['done', 'succeeded', 'done', 'failed']);
  });

  it('is a failure where no worker will run it', () => {
    const { counter, told } = createCounter();
    counter.failed(createJob());
    expect(told).toEqual(['failed']);
  });

  it('counts once: not when it is settled already', () => {
    const { counter, told } = createCounter();
    const job = createJob();
    job.fail(new ServeError('cancelled', 'gone'));
    counter.failed(job);
    counter.done(job, true);
    expect(told).toEqual([]);
  });

  it('counts as often as it stands for requests', () => {
    const { counter, told } = createCounter();
    counter.done(createJob('predict', 2), true);
    counter.failed(createJob('predict', 2));
    counter.batchDone({ batch: [createJob('predict', 3), createJob()], answered: 4, stages: STAGES, elapsedMs: 3 });
    expect(told.filter((line) => !line.startsWith('{'))).toEqual([
      'done',
      'succeeded',
      'succeeded',
      'failed',
      'failed',
      '4 of 4 answered',
      'batch of 4, 0 ms beside it',
    ]);
  });

  it('is told of retries and of what came too late', () => {
    const { counter, told } = createCounter();
    counter.retried();
    counter.expired();
    const key = JSON.stringify(KEY);
    expect(told).toEqual(['retried', key, 'expired', key]);
  });
});

describe('a batch', () => {
  it('is counted with what its way took beside the work', () => {
    const { counter, told } = createCounter();
    counter.batchDone({ batch: [createJob(), createJob()], answered: 1, stages: STAGES, elapsedMs: 5 });
    counter.batchDone({ batch: [createJob()], answered: 1, stages: STAGES, elapsedMs: 2 });
    expect(told).toEqual([
      '1 of 2 answered',
      'batch of 2, 2 ms beside it',
      '1 of 1 answered',
      'batch of 1, 0 ms beside it',
    ]);
  });
});

it('descriptions do not count', () => {
  const { counter, told } = createCounter();
  const job = createJob('describe');
  counter.failed(job);
  counter.done(job, true);
  counter.batchDone({ batch: [job], answered: 1, stages: STAGES, elapsedMs: 5 });
  expect(told).toEqual([]);
});
