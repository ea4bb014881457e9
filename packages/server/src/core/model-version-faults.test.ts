import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createReadyVersion, ids, settled, submit, type ScriptedWorker } from '../test-support/scripted-version.ts';

/** The worker that was started last, once it is the one with this number (from 0) and ready. */
async function successor(workers: readonly ScriptedWorker[], number: number): Promise<ScriptedWorker> {
  await expect.poll(() => workers.length).toBe(number + 1);
  const worker = workers[number] as ScriptedWorker;
  worker.becomeReady();
  await settled();
  return worker;
}

describe('a version whose worker dies over a batch', () => {
  it('runs the batch again on another worker, before everything else', async () => {
    const { version, workers } = await createReadyVersion(2);
    const answers = ['a', 'b', 'c'].map((id) => submit(version, id));
    workers[0]?.die('killed');
    await settled();
    workers[1]?.answer();
    await settled();
    expect(ids(workers[1])).toEqual([['b'], ['a']]);
    workers[1]?.answer();
    await settled();
    workers[1]?.answer();
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  it('lets the batch wait for the successor of its only worker', async () => {
    const { version, workers } = await createReadyVersion();
    const answer = submit(version, 'a');
    workers[0]?.die('killed');
    (await successor(workers, 1)).answer();
    expect(await answer).toBe('a');
  });

  it('runs the jobs of a batch that killed twice one by one, and fails the one that kills alone', async () => {
    const { version, workers } = await createReadyVersion();
    const first = submit(version, 'first');
    const [innocent, deadly] = [submit(version, 'innocent'), submit(version, 'deadly')];
    workers[0]?.answer();
    await first;
    workers[0]?.die('crashed');
    const second = await successor(workers, 1);
    expect(ids(second)).toEqual([['innocent', 'deadly']]);
    second.die('crashed');
    const third = await successor(workers, 2);
    expect(ids(third)).toEqual([['innocent']]);
    third.answer();
    expect(await innocent).toBe('innocent');
    await settled();
    third.die('crashed');
    (await successor(workers, 3)).die('crashed');
    await expect(deadly).rejects.toMatchObject({
      code: 'worker_died',
      message: 'crashed 4 workers died over this request, the last two with this request alone.',
    });
  });

  it('keeps new jobs out of the batch that killed', async () => {
    const { version, workers } = await createReadyVersion();
    void submit(version, 'suspect');
    workers[0]?.die('crashed');
    const fresh = submit(version, 'fresh');
    const second = await successor(workers, 1);
    expect(ids(second)).toEqual([['suspect']]);
    second.answer();
    await settled();
    second.answer();
    expect(await fresh).toBe('fresh');
  });

  it('fails its jobs at once when it is being removed and nobody is left to run them', async () => {
    const { version, workers } = await createReadyVersion();
    const answer = submit(version, 'a');
    const closed = version.close(1);
    await expect(answer).rejects.toMatchObject({ code: 'shutting_down' });
    expect(await closed).toBe(false);
    expect(workers).toHaveLength(1);
  });
});

describe('a version with quick workers', () => {
  it('sends full batches ahead of the answer, as many as it can do in two milliseconds', async () => {
    // On a busy machine two milliseconds are over before they are needed: here, no time passes.
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { version, workers } = await createReadyVersion(1, { batchSize: 1 });
    const answers = [submit(version, 'a')];
    workers[0]?.answer({ predictionMs: 2 });
    await answers[0];
    answers.push(...['b', 'c', 'd'].map((id) => submit(version, id)));
    expect(ids(workers[0])).toEqual([['a'], ['b'], ['c']]);
    for (let count = 0; count < 3; count += 1) {
      workers[0]?.answer();
      await settled();
    }
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps a batch that is not full until the worker is idle, since others may still join it', async () => {
    const { version, workers } = await createReadyVersion(1, { batchSize: 2 });
    void submit(version, 'a');
    workers[0]?.answer({ predictionMs: 0.1 });
    await settled();
    for (const id of ['b', 'c']) void submit(version, id);
    expect(ids(workers[0])).toEqual([['a'], ['b']]);
  });

  it('sends large jobs ahead, of which the way takes as long as the work, one batch of them at a time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { version, workers } = await createReadyVersion(1, { batchSize: 8 });
    const submitLarge = (id: string) => submit(version, id, { bytes: 300_000 });
    void submitLarge('a');
    workers[0]?.answer({ predictionMs: 0.5 });
    await settled();
    for (const id of ['b', 'c', 'd', 'e']) void submitLarge(id);
    expect(ids(workers[0])).toEqual([['a'], ['b'], ['c']]);
    workers[0]?.answer({ predictionMs: 0.5 });
    await settled();
    expect(ids(workers[0])).toEqual([['a'], ['b'], ['c'], ['d', 'e']]);
  });

  it('keeps large jobs, too, where they are to wait for others', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { version, workers } = await createReadyVersion(1, { batchSize: 2, maxBatchDelayMs: 60_000 });
    const submitLarge = (id: string) => submit(version, id, { bytes: 300_000 });
    for (const id of ['a', 'b']) void submitLarge(id);
    workers[0]?.answer({ predictionMs: 0.5 });
    await settled();
    for (const id of ['c', 'd', 'e']) void submitLarge(id);
    expect(ids(workers[0])).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('sends nothing ahead to a slow worker: another may be free first', async () => {
    const { version, workers } = await createReadyVersion(1, { batchSize: 1 });
    void submit(version, 'a');
    workers[0]?.answer({ predictionMs: 100 });
    await settled();
    for (const id of ['b', 'c']) void submit(version, id);
    expect(ids(workers[0])).toEqual([['a'], ['b']]);
  });

  it('blames the death of a worker on the batch that it computed, not on the one that was on its way', async () => {
    const { version, workers } = await createReadyVersion(1, { batchSize: 1, retryOnWorkerDeath: false });
    void submit(version, 'a');
    workers[0]?.answer({ predictionMs: 0.1 });
    await settled();
    const [running, ahead] = [submit(version, 'running'), submit(version, 'ahead')];
    workers[0]?.die('killed');
    await expect(running).rejects.toMatchObject({ code: 'worker_died' });
    (await successor(workers, 1)).answer();
    expect(await ahead).toBe('ahead');
  });
});

describe('the time of a job', () => {
  it('is over when no worker is free within the response timeout', async () => {
    const { version, workers } = await createReadyVersion(1, { responseTimeoutMs: 20, batchSize: 1 });
    void submit(version, 'running');
    await expect(submit(version, 'waiting')).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'No worker was free within 0.02 s (response_timeout). Try again later.',
    });
    expect(ids(workers[0])).toEqual([['running']]);
  });

  it('is as short as its client says; it never reaches a worker then', async () => {
    const { version, workers } = await createReadyVersion(1, { batchSize: 1 });
    void submit(version, 'running');
    await expect(submit(version, 'waiting', { timeoutMs: 10 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
    workers[0]?.answer();
    await settled();
    expect(ids(workers[0])).toEqual([['running']]);
  });

  it('can be over while a worker computes; the worker goes on', async () => {
    const { version, workers } = await createReadyVersion(1, { clientTimeoutMs: 10 });
    await expect(submit(version, 'slow')).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: expect.stringContaining('no answer within 10 ms') as string,
    });
    expect(version.runners.map(({ state }) => state)).toEqual(['busy']);
    workers[0]?.answer();
    await settled();
    expect(version.runners.map(({ state }) => state)).toEqual(['ready']);
  });
});

describe('a worker that has served enough', () => {
  it('goes when a fresh one is ready in its place', async () => {
    const { version, workers } = await createReadyVersion(1, { maxRequestsPerWorker: 1 });
    const answer = submit(version, 'a');
    workers[0]?.answer();
    await answer;
    await expect.poll(() => workers.length).toBe(2);
    void submit(version, 'b');
    expect(ids(workers[0])).toEqual([['a'], ['b']]);
    workers[0]?.answer();
    await settled();
    expect(workers).toHaveLength(2);
    workers[1]?.becomeReady();
    await expect.poll(() => version.runners.map(({ workerId }) => workerId)).toHaveLength(1);
    const last = submit(version, 'c');
    workers[1]?.answer();
    expect(await last).toBe('c');
  });

  it('is one that has grown above its memory', async () => {
    const { version, workers } = await createReadyVersion(1, { maxWorkerBytes: 100 });
    void submit(version, 'a');
    workers[0]?.answer({ residentBytes: 100 });
    await settled();
    expect(workers).toHaveLength(1);
    void submit(version, 'b');
    workers[0]?.answer({ residentBytes: 101 });
    await settled();
    expect(workers).toHaveLength(2);
  });

  it('takes its successor with it when it is scaled away', async () => {
    const { version, workers } = await createReadyVersion(1, { maxRequestsPerWorker: 1 });
    void submit(version, 'a');
    workers[0]?.answer();
    await expect.poll(() => workers.length).toBe(2);
    await version.scale(0, 0);
    await expect.poll(() => version.runners).toHaveLength(0);
  });
});

describe('a version between its least and its greatest number of workers', () => {
  it('gets a worker when a job has waited too long, one at a time', async () => {
    const { version, workers } = await createReadyVersion(1, { batchSize: 1, scaleUpWaitMs: 20 });
    await version.scale(1, 3);
    for (const id of ['a', 'b', 'c', 'd']) void submit(version, id);
    await expect.poll(() => workers.length).toBe(2);
    await (
      await successor(workers, 1)
    ).ready;
    expect(ids(workers[1])).toEqual([['b']]);
    await expect.poll(() => workers.length).toBe(3);
  });

  it('loses the workers that were not needed for long enough, down to the least number', async () => {
    const { version } = await createReadyVersion(3, { scaleDownIdleMs: 40 });
    await version.scale(1, 3);
    expect(version.runners).toHaveLength(3);
    await expect.poll(() => version.runners.length).toBe(1);
    await settled();
    expect(version.workers).toEqual({ min: 1, max: 3 });
  });

  it('starts its first worker for the first job when the least number is 0', async () => {
    const { version, workers } = await createReadyVersion(0);
    expect(() => version.dispatcher.assertCanServe()).toThrow('has no worker');
    await version.scale(0, 1);
    const answer = submit(version, 'a');
    (await successor(workers, 0)).answer();
    expect(await answer).toBe('a');
  });
});

describe('a fault of the server itself', () => {
  it('fails the batch that could not be handed over; the worker serves the next', async () => {
    const { version, workers } = await createReadyVersion();
    const [worker] = workers as [ScriptedWorker];
    worker.fault = new Error('no such frame');
    const lost = [submit(version, 'a'), submit(version, 'b')];
    for (const answer of lost) await expect(answer).rejects.toMatchObject({ code: 'internal' });
    worker.fault = undefined;
    const answer = submit(version, 'c');
    worker.answer();
    expect(await answer).toBe('c');
  });

  it('while a worker is ended lets nobody wait for it', async () => {
    const { version, workers } = await createReadyVersion(2);
    for (const worker of workers) worker.fault = new Error('no such process');
    await version.scale(1, 1);
    expect(version.runners).toHaveLength(1);
    expect(await version.close(10_000)).toBe(true);
  });
});
