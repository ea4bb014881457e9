import { describe, expect, it } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import type { BatchEnd } from '../../core/jobs/job.ts';
import { PendingBatches } from './pending-batches.ts';

describe('the batches of a worker that is gone', () => {
  const createEnded = () => {
    const pending = new PendingBatches({
      responseTimeoutMs: 1000,
      onResponseTimeout: () => {},
      isReading: () => true,
      isAnotherIdle: () => true,
      askBack: () => {},
    });
    const add = (id: number) =>
      new Promise<BatchEnd>((resolve) =>
        pending.add({ id, jobs: [], onPart() {}, bytes: 0, sentAt: 0, resolve, release() {} }),
      );
    const before = [add(1), add(2)];
    pending.end(new ServeError('worker_died', 'it died'));
    return { add, before };
  };

  it('have failed, or are untouched when their turn had not come', async () => {
    expect((await Promise.all(createEnded().before)).map(({ kind }) => kind)).toEqual(['failed', 'untouched']);
  });

  it('are untouched when they come too late', async () => {
    expect(await createEnded().add(3)).toEqual({ kind: 'untouched' });
  });
});

describe('the batches in a worker that others give batches, too', () => {
  const create = ({ endsWhenAsked = false } = {}) => {
    let isElsewhere = true;
    const asked: number[] = [];
    const pending = new PendingBatches({
      responseTimeoutMs: 1000,
      onResponseTimeout: () => {},
      isElsewhere: () => isElsewhere,
      isReading: () => true,
      isAnotherIdle: () => true,
      askBack(id) {
        asked.push(id);
        if (endsWhenAsked) isElsewhere = true;
      },
    });
    const add = (id: number) =>
      new Promise<BatchEnd>((resolve) =>
        pending.add({ id, jobs: [], onPart() {}, bytes: 0, sentAt: performance.now(), resolve, release() {} }),
      );
    return { pending, add, asked, begin: () => (isElsewhere = false) };
  };

  it('are untouched when it dies over somebody else’s', async () => {
    const { pending, add } = create();
    const both = [add(1), add(2)];
    pending.end(new ServeError('worker_died', 'it died'));
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['untouched', 'untouched']);
  });

  it('are taken back, the oldest as well, while it computes somebody else’s and another worker is idle', async () => {
    const { add, asked } = create();
    expect(await add(1)).toEqual({ kind: 'takenBack' });
    expect(asked).toEqual([1]);
  });

  it('are taken back behind one whose answer is on its way, when somebody else’s has begun', async () => {
    const { pending, add, begin } = create({ endsWhenAsked: true });
    begin();
    const [first, second] = [add(1), add(2)];
    expect(await second).toEqual({ kind: 'takenBack' });
    pending.answered(1)?.resolve({ kind: 'untouched' });
    expect((await first).kind).toBe('untouched');
    expect(pending.length).toBe(0);
  });

  it('are not taken back once the worker may compute them', async () => {
    const { pending, add, asked, begin } = create();
    begin();
    const [first, second] = [add(1), add(2)];
    expect(await second).toEqual({ kind: 'takenBack' });
    expect(asked).toEqual([2]);
    pending.end(new ServeError('worker_died', 'it died'));
    expect((await first).kind).toBe('failed');
  });
});
