import { describe, expect, it } from 'vitest';
import { STEADY_CALLER } from './jobs/job.ts';
import { Client, createReadyVersion, createVersion, ids, settled, submit } from '../test-support/scripted-version.ts';
import type { VersionSettings } from './registry/version-settings.ts';

describe('ModelVersion', () => {
  it('hands a lone job to an idle worker at once, and the ones that came meanwhile as one batch', async () => {
    const { version, workers } = await createReadyVersion();
    const answers = ['a', 'b', 'c'].map((id) => submit(version, id));
    expect(ids(workers[0])).toEqual([['a']]);
    workers[0]?.answer();
    await settled();
    expect(ids(workers[0])).toEqual([['a'], ['b', 'c']]);
    workers[0]?.answer();
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  it('hands jobs that come in company to an idle worker as one batch', async () => {
    const { version, workers } = await createReadyVersion();
    const answers = ['a', 'b', 'c'].map((id) => submit(version, id, { hasCompany: true }));
    await settled();
    expect(ids(workers[0])).toEqual([['a', 'b', 'c']]);
    workers[0]?.answer();
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  it('lets no job wait for company that there is no room for', async () => {
    const { version, workers } = await createReadyVersion(1, { jobQueueSize: 1 });
    void submit(version, 'a', { hasCompany: true });
    expect(ids(workers[0])).toEqual([['a']]);
    void submit(version, 'b', { hasCompany: true });
    expect(() => version.dispatcher.assertCanServe()).toThrow(expect.objectContaining({ code: 'queue_full' }));
  });

  it('keeps jobs while the first worker is starting', async () => {
    const { version, workers } = createVersion();
    const scaled = version.scale(1, 1);
    const answer = submit(version, 'a');
    workers[0]?.becomeReady();
    await scaled;
    workers[0]?.answer();
    expect(await answer).toBe('a');
  });

  it('refuses a job when there is no worker, and says what to do', () => {
    const { version } = createVersion();
    expect(() => version.dispatcher.assertCanServe()).toThrow(
      /has no worker to serve inference request.*scale workers API/,
    );
  });

  it('refuses a job when no worker could be started, with the reason', async () => {
    const { version, workers } = createVersion();
    const scaled = version.scale(1, 1);
    const waiting = submit(version, 'a');
    workers[0]?.failToStart('no such file: labels.json');
    await expect(scaled).rejects.toThrow('no such file: labels.json');
    await expect(waiting).rejects.toMatchObject({
      code: 'no_worker',
      message: expect.stringContaining('no such file: labels.json') as string,
    });
    expect(() => version.dispatcher.assertCanServe()).toThrow('no such file: labels.json');
  });

  it('refuses a job when the queue is full, and says when to try again', async () => {
    const { version } = await createReadyVersion(1, { jobQueueSize: 2 });
    for (const id of ['running', 'waiting 1', 'waiting 2']) void submit(version, id);
    expect(() => version.dispatcher.assertCanServe()).toThrow(
      expect.objectContaining({ code: 'queue_full', details: { retryAfterSeconds: 1 } }),
    );
  });

  it('runs jobs in the background when no others wait, and drops them when too many do', async () => {
    const { version, workers } = await createReadyVersion(1, { jobQueueSize: 2 });
    void submit(version, 'running');
    const shadows = ['dropped', 'kept'].map((id) => submit(version, id, { isBackground: true }));
    expect(() => submit(version, 'refused', { isBackground: true })).toThrow('2 requests are waiting already');
    void submit(version, 'client');
    await expect(shadows[0]).rejects.toMatchObject({ code: 'queue_full' });
    for (let answers = 0; answers < 2; answers += 1) {
      workers[0]?.answer();
      await settled();
    }
    expect(ids(workers[0])).toEqual([['running'], ['client'], ['kept']]);
    workers[0]?.answer();
    await shadows[1];
    expect(version.dispatcher.queue.length).toBe(0);
  });

  it('takes a job out of the queue when its client goes away', async () => {
    const { version, workers } = await createReadyVersion();
    const client = new Client();
    void submit(version, 'running');
    const gone = submit(version, 'gone', { caller: client });
    void submit(version, 'next');
    client.go();
    await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
    workers[0]?.answer();
    await settled();
    expect(ids(workers[0])).toEqual([['running'], ['next']]);
  });

  it('fails exactly the jobs that a dead worker held when they are not retried, and starts another for the rest', async () => {
    const { version, workers } = await createReadyVersion(1, { retryOnWorkerDeath: false });
    const held = submit(version, 'held');
    const waiting = submit(version, 'waiting');
    workers[0]?.die('killed');
    await expect(held).rejects.toMatchObject({ code: 'worker_died' });
    await expect.poll(() => workers.length).toBe(2);
    workers[1]?.becomeReady();
    await settled();
    workers[1]?.answer();
    expect(await waiting).toBe('waiting');
  });

  it('waits for company up to the batch delay, and no longer than until the batch is full', async () => {
    const { version, workers } = await createReadyVersion(1, { maxBatchDelayMs: 60_000, batchSize: 2 });
    void submit(version, 'a');
    expect(ids(workers[0])).toEqual([]);
    void submit(version, 'b');
    expect(ids(workers[0])).toEqual([['a', 'b']]);
  });

  it('finishes the running batch of a worker that is scaled away', async () => {
    const { version, workers } = await createReadyVersion(2);
    const answers = ['a', 'b'].map((id) => submit(version, id));
    const scaled = version.scale(1, 1);
    for (const worker of workers) worker.answer();
    expect(await Promise.all(answers)).toEqual(['a', 'b']);
    await scaled;
    expect(version.runners).toHaveLength(1);
  });

  it('answers what waits before its last worker goes, and takes nothing new', async () => {
    const { version, workers } = await createReadyVersion(1, { batchSize: 1 });
    const answers = ['a', 'b'].map((id) => submit(version, id));
    const closed = version.close(60_000);
    expect(() => version.dispatcher.assertCanServe()).toThrow('has no worker');
    workers[0]?.answer();
    await settled();
    workers[0]?.answer();
    expect(await Promise.all(answers)).toEqual(['a', 'b']);
    expect(await closed).toBe(true);
    expect(version.runners).toHaveLength(0);
  });

  it('gives up what is not finished in time', async () => {
    const { version } = await createReadyVersion(1, { batchSize: 1 });
    const answers = ['a', 'b'].map((id) => submit(version, id));
    expect(await version.close(1)).toBe(false);
    await expect(answers[1]).rejects.toMatchObject({ code: 'shutting_down' });
    expect(version.runners).toHaveLength(0);
  });
});

describe('a version whose batch size nobody said', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e'];

  /** Its workers have been asked once, and it took them so long. */
  async function createAuto(count: number, overrides: Partial<VersionSettings> = {}, predictionMs = 0.1) {
    const created = await createReadyVersion(count, { batchSize: 'auto', ...overrides });
    for (const worker of created.workers) [worker.isBuiltIn, worker.rows] = [true, { merged: 'proven' }];
    const first = submit(created.version, 'first');
    created.workers[0]?.answer({ predictionMs });
    await first;
    return created;
  }

  it('hands over at once what came meanwhile, whatever the batch delay', async () => {
    const { version, workers } = await createAuto(1, { maxBatchDelayMs: 60_000 });
    for (const name of NAMES) void submit(version, name);
    workers[0]?.answer();
    await settled();
    expect(ids(workers[0])).toEqual([['first'], ['a'], ['b', 'c', 'd', 'e']]);
  });

  it('hands over explanations one by one, and predictions behind them as before', async () => {
    // Whether one is sent ahead is a matter of time: all have room.
    const { version, workers } = await createAuto(1, { jobQueueSize: 10 });
    const [worker] = workers;
    void submit(version, 'busy');
    const explain = { operation: 'explain', codec: 'c', headers: [], inputs: [] } as const;
    const explained = ['x', 'y'].map((requestId) =>
      version.dispatcher.submit({ ...explain, requestId }, STEADY_CALLER),
    );
    for (const name of NAMES) void submit(version, name);
    for (let count = 0; count < 3; count += 1) {
      worker?.answer({ predictionMs: count === 0 ? 0.1 : 60_000 });
      await settled();
    }
    await Promise.all(explained);
    expect(ids(worker)).toEqual([['first'], ['busy'], ['x'], ['y'], NAMES]);
  });

  it('gives each of its workers a part', async () => {
    const { version, workers } = await createAuto(2);
    for (const name of ['1', '2', ...NAMES]) void submit(version, name);
    for (const worker of workers) worker.answer();
    await settled();
    expect(workers.map((worker) => ids(worker)?.at(-1))).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it.each([
    ['is the model author’s', { isBuiltIn: false }],
    ['keeps rows apart', { rows: { apart: 'NonZero "z"' } }],
    ['has not told', { rows: undefined }],
    ['takes long for each', { predictionMs: 50 }],
  ])(
    'runs them one by one in a handler that %s',
    async (
      _,
      {
        predictionMs,
        ...told
      }: {
        predictionMs?: number;
        isBuiltIn?: boolean;
        rows?: { apart: string };
      },
    ) => {
      const { version, workers } = await createAuto(1, {}, predictionMs);
      const [worker] = workers;
      Object.assign(worker ?? {}, told);
      for (const name of NAMES) void submit(version, name);
      for (let count = 0; count < NAMES.length; count += 1) {
        worker?.answer({ predictionMs: predictionMs ?? 0.1 });
        await settled();
      }
      expect(ids(worker)).toEqual(['first', ...NAMES].map((name) => [name]));
    },
  );
});
