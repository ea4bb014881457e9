import { describe, expect, it, onTestFinished } from 'vitest';
import { ScriptedWorker, settled } from '../../test-support/scripted-version.ts';
import { Job, STEADY_CALLER, type BatchEnd } from '../jobs/job.ts';
import { StartGate } from './start-gate.ts';
import { WorkerPool } from './worker-pool.ts';

interface PoolState {
  readonly jobsWait?: boolean;
  readonly maxRequestsPerWorker?: number;
}

function createPool({ jobsWait = false, maxRequestsPerWorker = 0 }: PoolState = {}) {
  const workers: ScriptedWorker[] = [];
  const told: string[] = [];
  const state = { jobsWait };
  const pool = new WorkerPool({
    nextWorkerId: () => String(workers.length),
    launch: () => {
      const worker = new ScriptedWorker();
      workers.push(worker);
      return worker;
    },
    gate: new StartGate({ atOnce: 100 }),
    settings: { retryWindowMs: 60_000, maxRequestsPerWorker, maxWorkerBytes: 0 },
    hasWaitingJobs: () => state.jobsWait,
    onChange: () => pool.reap(),
    onDeath: ({ workerId }) => told.push(`${workerId} died`),
    onRecycle: ({ workerId }) => told.push(`${workerId} is due`),
    onStopped: ({ workerId }) => told.push(`${workerId} is gone`),
    onStopFailed: ({ workerId }) => told.push(`${workerId} did not end`),
  });
  onTestFinished(() => pool.stopNow());
  return { pool, workers, told, state };
}

async function createReadyPool(count: number, options?: PoolState) {
  const created = createPool(options);
  const scaled = created.pool.scale(count, count);
  for (const worker of created.workers) worker.becomeReady();
  await scaled;
  return created;
}

function give(pool: WorkerPool): { readonly over: Promise<BatchEnd>; readonly workerId: string } {
  const runner = pool.idle();
  if (runner === undefined) throw new Error('no worker is idle');
  const job = new Job({ operation: 'predict', requestId: '1', codec: 'c', headers: [], inputs: [] }, STEADY_CALLER);
  job.answer.catch(() => {});
  return { over: runner.channel.run([job], () => {}), workerId: runner.workerId };
}

describe('a pool', () => {
  it('has as many workers as it was asked for, and resolves when they are ready', async () => {
    const { pool, workers } = createPool();
    let isScaled = false;
    const scaled = pool.scale(2, 2).then(() => (isScaled = true));
    await settled();
    expect([pool.size, pool.readyCount, pool.notReadyCount, isScaled, pool.canServe]).toEqual([2, 0, 2, false, true]);
    expect(pool.idle()).toBeUndefined();
    for (const worker of workers) worker.becomeReady();
    await scaled;
    expect([pool.readyCount, pool.notReadyCount]).toEqual([2, 0]);
  });

  it('keeps what lies between the two numbers', async () => {
    const { pool } = await createReadyPool(2);
    await pool.scale(1, 3);
    expect(pool.size).toBe(2);
  });

  it('says why a worker did not start, and starts the others all the same', async () => {
    const { pool, workers } = createPool();
    const scaled = pool.scale(2, 2);
    workers[0]?.failToStart('no such handler');
    workers[1]?.becomeReady();
    await expect(scaled).rejects.toMatchObject({ code: 'worker_start_failed', message: 'no such handler' });
    expect([pool.readyCount, pool.lastError]).toEqual([1, 'no such handler']);
  });

  it('ends idle workers first when it has too many, and lets busy ones finish', async () => {
    const { pool, workers, told } = await createReadyPool(2);
    const { over, workerId } = give(pool);
    await pool.scale(1, 1);
    expect(told).toEqual([`${workerId === '0' ? 1 : 0} is gone`]);
    const drained = pool.drain();
    await settled();
    expect([pool.size, pool.runners.length, pool.canServe, pool.canFinish]).toEqual([0, 1, false, true]);
    workers[Number(workerId)]?.answer();
    await over;
    pool.reap();
    await drained;
    expect([pool.runners.length, pool.canFinish]).toEqual([0, false]);
  });

  it('keeps its last worker until nothing waits', async () => {
    const { pool, state } = await createReadyPool(1, { jobsWait: true });
    const drained = pool.drain();
    await settled();
    expect([pool.runners.length, pool.idle() === undefined]).toEqual([1, false]);
    state.jobsWait = false;
    pool.reap();
    await drained;
    expect(pool.runners).toEqual([]);
  });

  it('ends all at once when it must', async () => {
    const { pool, told } = await createReadyPool(2, { jobsWait: true });
    const { over } = give(pool);
    await pool.stopNow();
    expect(await over).toMatchObject({ kind: 'failed' });
    expect([pool.runners.length, told.filter((text) => text.endsWith('is gone')).length]).toEqual([0, 2]);
  });

  it('counts a worker as gone that cannot be ended', async () => {
    const { pool, workers, told } = await createReadyPool(1);
    (workers[0] as ScriptedWorker).fault = new Error('it stays');
    await pool.drain();
    expect([pool.runners.length, told]).toEqual([0, ['0 did not end', '0 is gone']]);
  });

  it('starts another worker for one that died', async () => {
    const { pool, workers, told } = await createReadyPool(1);
    workers[0]?.die('killed');
    await expect.poll(() => workers.length).toBe(2);
    workers[1]?.becomeReady();
    await expect.poll(() => pool.readyCount).toBe(1);
    expect([told, pool.size]).toEqual([['0 died'], 1]);
  });

  it('replaces a worker that is due when the fresh one is ready, one at a time', async () => {
    const { pool, workers, told } = await createReadyPool(2, { maxRequestsPerWorker: 1 });
    for (const runner of pool.runners) {
      const { over } = give(pool);
      for (const worker of workers) worker.answer();
      pool.batchEnded(runner, 1, await over);
    }
    expect([workers.length, pool.size, pool.readyCount]).toEqual([3, 2, 2]);
    workers[2]?.becomeReady();
    await expect.poll(() => told).toContainEqual(expect.stringMatching(/is gone/));
    expect([pool.size, pool.readyCount]).toEqual([2, 2]);
  });

  it('keeps a worker that is due whose successor does not start', async () => {
    const { pool, workers } = await createReadyPool(1, { maxRequestsPerWorker: 1 });
    const { over } = give(pool);
    workers[0]?.answer();
    await over;
    pool.recycleIfDue(pool.runners[0] as (typeof pool.runners)[0]);
    workers[1]?.failToStart('no memory');
    await settled();
    expect([pool.readyCount, pool.size, pool.idle()?.workerId]).toEqual([1, 1, '0']);
  });
});
