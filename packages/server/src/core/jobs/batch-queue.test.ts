import { describe, expect, it } from 'vitest';
import { BatchQueue } from './batch-queue.ts';
import { Job, STEADY_CALLER, type Operation } from './job.ts';

function job(operation: Operation = 'predict'): Job {
  const request = { operation, requestId: 'r', codec: 'torchserve', headers: [], inputs: [] };
  return new Job(request, STEADY_CALLER);
}

function queueOf(...jobs: Job[]): BatchQueue {
  const queue = new BatchQueue(10);
  for (const each of jobs) queue.add(each);
  return queue;
}

describe('BatchQueue', () => {
  it('gives jobs out in the order they came', () => {
    const [a, b, c] = [job(), job(), job()];
    const queue = queueOf(a, b, c);
    expect(queue.first).toBe(a);
    expect(queue.take(2)).toEqual([a, b]);
    expect(queue.take(2)).toEqual([c]);
    expect(queue.length).toBe(0);
  });

  it('lets a job leave from the middle', () => {
    const [a, b, c] = [job(), job(), job()];
    const queue = queueOf(a, b, c);
    expect(queue.remove(b)).toBe(true);
    expect(queue.remove(b)).toBe(false);
    expect(queue.take(5)).toEqual([a, c]);
  });

  it('does not put predictions and explanations into one batch', () => {
    const [a, b, c] = [job('predict'), job('explain'), job('predict')];
    const queue = queueOf(a, b, c);
    expect(queue.take(5)).toEqual([a]);
    expect(queue.take(5)).toEqual([b]);
    expect(queue.take(5)).toEqual([c]);
  });

  it('gives a description out alone', () => {
    const [a, b] = [job('describe'), job('describe')];
    expect(queueOf(a, b).take(5)).toEqual([a]);
  });

  it('is full at its capacity', () => {
    const queue = new BatchQueue(1);
    expect(queue.isFull).toBe(false);
    queue.add(job());
    expect(queue.isFull).toBe(true);
  });
});
