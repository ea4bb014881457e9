import { describe, expect, it } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import type { BatchEnd } from '../../core/workers/worker-link.ts';
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
