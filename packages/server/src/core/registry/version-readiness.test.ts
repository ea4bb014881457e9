import { describe, expect, it } from 'vitest';
import { createReadyVersion, createVersion, settled } from '../../test-support/scripted-version.ts';
import type { ModelVersion } from '../model-version.ts';
import { readinessOf, scaleUntilReady, type ReadinessParts } from './version-readiness.ts';

const without: ReadinessParts['golden'] = { isOpen: false, mismatch: undefined };
const stateOf = (serving: ModelVersion, golden = without) => readinessOf({ serving, golden });

describe('the readiness of a version', () => {
  it('is idle without workers, starting with the first, then ready', async () => {
    const { version, workers } = createVersion();
    expect(stateOf(version)).toEqual({ state: 'idle' });
    const scaled = scaleUntilReady(version, { min: 2, max: 2 });
    expect(stateOf(version)).toEqual({ state: 'starting', reason: '0 of 2 workers are ready' });
    workers[0]?.becomeReady();
    await settled();
    expect(stateOf(version)).toEqual({ state: 'ready' });
    workers[1]?.becomeReady();
    await scaled;
    expect(stateOf(version)).toEqual({ state: 'ready' });
  });

  it('is failed with the reason when none can take a request, and ready again with the next', async () => {
    const { version, workers } = await createReadyVersion();
    workers[0]?.die('killed\nsecret of another request');
    await settled();
    expect(stateOf(version)).toEqual({ state: 'failed', reason: '0 of 1 workers are ready: killed' });
    await expect.poll(() => workers.length).toBe(2);
    workers[1]?.becomeReady();
    await settled();
    expect(stateOf(version)).toEqual({ state: 'ready' });
  });

  it('is failed while no handler can answer, and does not wait for that', async () => {
    const { version, workers } = createVersion();
    const scaled = scaleUntilReady(version, { min: 1, max: 1 });
    const [worker] = workers;
    if (worker === undefined) return expect.unreachable();
    worker.problem = 'the predictor is away';
    worker.becomeReady();
    await scaled;
    expect(stateOf(version)).toEqual({ state: 'failed', reason: '0 of 1 workers are ready: the predictor is away' });
    worker.problem = undefined;
    expect(stateOf(version)).toEqual({ state: 'ready' });
  });

  it('stays ready while one of several is started again, and is failed when that does not start', async () => {
    const { version, workers } = await createReadyVersion(2, { retryWindowMs: 0 });
    expect(stateOf(version)).toEqual({ state: 'ready' });
    workers[1]?.die('killed');
    await settled();
    expect(stateOf(version)).toEqual({ state: 'failed', reason: '1 of 2 workers are ready: killed' });
  });

  it('is that of its golden requests too', async () => {
    const { version } = await createReadyVersion();
    expect(stateOf(version, { ...without, isOpen: true }).state).toBe('starting');
    expect(stateOf(version, { ...without, mismatch: 'wrong' })).toEqual({
      state: 'failed',
      reason: 'wrong',
    });
  });
});

describe('a scaling', () => {
  it('waits for workers that were starting already', async () => {
    const { version, workers } = createVersion();
    const [first, second] = [1, 1].map((min) => scaleUntilReady(version, { min, max: 1 }));
    let isDone = false;
    void second?.then(() => (isDone = true));
    await settled();
    expect([workers.length, isDone]).toEqual([1, false]);
    workers[0]?.becomeReady();
    await Promise.all([first, second]);
  });

  it('starts workers at once that wait to be started again, and fails with them', async () => {
    const { version, workers } = createVersion();
    const first = scaleUntilReady(version, { min: 1, max: 1 });
    workers[0]?.failToStart('no labels');
    await expect(first).rejects.toThrow('no labels');
    await expect.poll(() => workers.length).toBe(2);
    workers[1]?.failToStart('no labels');
    await settled();
    const second = scaleUntilReady(version, { min: 1, max: 1 });
    expect(workers).toHaveLength(3);
    workers[2]?.failToStart('still no labels');
    await expect(second).rejects.toThrow('still no labels');
  });

  it('is content with less when somebody asks for less meanwhile', async () => {
    const { version, workers } = createVersion();
    const scaled = scaleUntilReady(version, { min: 2, max: 2 });
    const lowered = version.scale(0, 0);
    for (const worker of workers) worker.becomeReady();
    await Promise.all([scaled, lowered]);
    expect(version.runners).toHaveLength(0);
  });
});
