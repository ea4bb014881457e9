import { describe, expect, it } from 'vitest';
import { BatchQueue } from './batch-queue.ts';
import { Job, STEADY_CALLER, type Operation } from './job.ts';

function job(operation: Operation = 'predict', isBackground = false): Job {
  const request = { operation, requestId: 'r', codec: 'torchserve', headers: [], inputs: [], isBackground };
  return new Job(request, STEADY_CALLER);
}

function queueOf(...jobs: Job[]): BatchQueue {
  const queue = new BatchQueue(10);
  for (const each of jobs) queue.add(each);
  return queue;
}

const inBackground = () => job('predict', true);

describe('jobs in the background', () => {
  it('are served when there are no others, and in batches of their own', () => {
    const [shadow, a, other, b] = [inBackground(), job(), inBackground(), job()];
    const queue = queueOf(shadow, a, other, b);
    expect([queue.first, queue.nextLength, queue.length]).toEqual([a, 2, 4]);
    expect(queue.take(5)).toEqual([a, b]);
    expect(queue.nextLength).toBe(2);
    const c = job();
    queue.add(c);
    expect(queue.take(5)).toEqual([c]);
    expect(queue.take(5)).toEqual([shadow, other]);
  });

  it('keep their place when a worker gives them back', () => {
    const [shadow, a] = [inBackground(), job()];
    const queue = queueOf(a);
    queue.requeue(shadow);
    expect(queue.take(5)).toEqual([a]);
    expect(queue.take(5)).toEqual([shadow]);
  });

  it('make room for others where too many wait, the oldest first', () => {
    const queue = new BatchQueue(2);
    const [shadow, other] = [inBackground(), inBackground()];
    expect([queue.add(shadow), queue.add(other)]).toEqual([undefined, undefined]);
    expect([queue.isFull(true), queue.isFull()]).toEqual([true, false]);
    const [a, b] = [job(), job()];
    expect([queue.add(a), queue.add(b)]).toEqual([shadow, other]);
    expect([queue.isFull(true), queue.isFull(), queue.length]).toEqual([true, true, 2]);
    expect([...queue]).toEqual([a, b]);
  });

  it('may leave', () => {
    const shadow = inBackground();
    const queue = queueOf(shadow);
    expect([queue.remove(shadow), queue.remove(shadow), queue.length]).toEqual([true, false, 0]);
  });
});

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
    expect(queue.isFull()).toBe(false);
    queue.add(job());
    expect(queue.isFull()).toBe(true);
  });
});
