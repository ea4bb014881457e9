import { describe, expect, it } from 'vitest';
import { Client, createReadyVersion, createVersion, settled, submit } from '../../test-support/scripted-version.ts';
import { VersionStatistics } from './version-statistics.ts';

const STAGES = { decodeMs: 1, handlerMs: 20, encodeMs: 2, predictionMs: 23 };

describe('the sums of a version', () => {
  it('have the times of a batch for each of its requests, and once for its size', () => {
    const statistics = new VersionStatistics();
    const stages = { ...STAGES, preprocessMs: 3, inferenceMs: 10, postprocessMs: 4 };
    statistics.batchAnswered({ size: 4, answered: 3, stages });
    statistics.batchAnswered({ size: 1, answered: 1, stages: STAGES });
    const { executions, compute, batches } = statistics.read();
    expect(executions).toBe(2);
    expect(compute).toEqual({
      input: { count: 4, ms: 3 * 4 + 1 },
      infer: { count: 4, ms: 3 * 13 + 20 },
      output: { count: 4, ms: 3 * 6 + 2 },
    });
    expect(batches.get(4)).toEqual({
      input: { count: 1, ms: 4 },
      infer: { count: 1, ms: 13 },
      output: { count: 1, ms: 6 },
    });
    expect([...batches.keys()]).toEqual([4, 1]);
  });

  it('take no batch for an execution whose requests all failed, and nothing that is no time', () => {
    const statistics = new VersionStatistics();
    statistics.batchAnswered({ size: 1, answered: 0, stages: STAGES });
    statistics.batchAnswered({ size: 1, answered: 1, stages: { ...STAGES, handlerMs: NaN, decodeMs: -1 } });
    const { executions, compute } = statistics.read();
    expect(executions).toBe(1);
    expect(compute.infer).toEqual({ count: 1, ms: 0 });
    expect(compute.input.ms).toBe(0);
  });
});

describe('a version', () => {
  it('counts what was answered, with how long that took and waited', async () => {
    const { version, workers } = await createReadyVersion();
    const before = Date.now();
    const answers = ['a', 'b', 'c'].map((id) => submit(version, id));
    workers[0]?.answer();
    await settled();
    workers[0]?.answer();
    await Promise.all(answers);
    const { succeeded, failed, queued, executions, lastAnsweredAt, batches } = version.figures;
    expect([succeeded.count, queued.count, failed.count, executions]).toEqual([3, 3, 0, 2]);
    expect(succeeded.ms).toBeGreaterThanOrEqual(queued.ms);
    expect(lastAnsweredAt).toBeGreaterThanOrEqual(before);
    expect([...batches.keys()]).toEqual([1, 2]);
  });

  it.each([
    [
      'refused, because there is no worker',
      async () => {
        const { version } = createVersion();
        expect(() => version.dispatcher.assertCanServe()).toThrow('has no worker');
        return version;
      },
    ],
    [
      'given up by their clients',
      async () => {
        const { version } = await createReadyVersion();
        const client = new Client();
        void submit(version, 'running');
        const gone = submit(version, 'gone', { caller: client });
        client.go();
        await expect(gone).rejects.toMatchObject({ code: 'cancelled' });
        return version;
      },
    ],
    [
      'too late',
      async () => {
        const { version } = await createReadyVersion();
        void submit(version, 'running');
        await expect(submit(version, 'late', { timeoutMs: 1 })).rejects.toMatchObject({ code: 'deadline_exceeded' });
        return version;
      },
    ],
    [
      'those over which workers died',
      async () => {
        const { version, workers } = await createReadyVersion(1, { retryOnWorkerDeath: false });
        const answer = submit(version, 'deadly');
        workers[0]?.die('it crashed');
        await expect(answer).rejects.toMatchObject({ code: 'worker_died' });
        return version;
      },
    ],
  ])('counts as failed: %s', async (_, run) => {
    const version = await run();
    expect(version.figures.failed.count).toBe(1);
    expect(version.figures.succeeded.count).toBe(0);
  });

  it('does not count descriptions', async () => {
    const { version, workers } = await createReadyVersion();
    const request = { operation: 'describe', requestId: 'd', codec: 'torchserve', headers: [], inputs: [] } as const;
    const answer = version.dispatcher.submit(request);
    workers[0]?.answer();
    await answer;
    const { succeeded, executions } = version.figures;
    expect([succeeded.count, executions]).toEqual([0, 0]);
  });
});

it('adds the sums that were counted in another process', () => {
  const [one, other, both] = [new VersionStatistics(), new VersionStatistics(), new VersionStatistics()];
  const count = (statistics: VersionStatistics, size: number, ms: number) => {
    statistics.succeeded(ms, 2 * ms);
    statistics.failed(ms);
    statistics.batchAnswered({ size, answered: size, stages: STAGES });
  };
  for (const statistics of [one, both]) count(statistics, 2, 10);
  for (const statistics of [other, both]) count(statistics, 3, 20);
  for (const statistics of [other, both]) count(statistics, 2, 30);
  one.add(other.read());
  const { lastAnsweredAt, ...sums } = one.read();
  expect(sums).toEqual({ ...both.read(), lastAnsweredAt: undefined });
  expect(lastAnsweredAt).toBeGreaterThanOrEqual(other.read().lastAnsweredAt);
});
