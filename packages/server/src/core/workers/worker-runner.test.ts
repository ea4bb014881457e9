import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ScriptedWorker } from '../../test-support/scripted-version.ts';
import { Job, STEADY_CALLER } from '../jobs/job.ts';
import { StartGate } from './start-gate.ts';
import { WorkerRunner } from './worker-runner.ts';

const WINDOW_MS = 60_000;

function createRunner({ atOnce = 1 } = {}) {
  const workers: ScriptedWorker[] = [];
  const [states, deaths] = [[] as string[], [] as string[]];
  const gate = new StartGate({ atOnce });
  const runner = new WorkerRunner({
    workerId: '9000',
    launch: () => {
      const worker = new ScriptedWorker();
      workers.push(worker);
      return worker;
    },
    gate,
    isMissed: () => true,
    retryWindowMs: WINDOW_MS,
    onChange: ({ state }) => void states.push(state),
    onDeath: (_, reason) => void deaths.push(reason),
  });
  onTestFinished(() => runner.stop());
  return { runner, workers, states, deaths, gate };
}

async function createReadyRunner() {
  const created = createRunner();
  const started = created.runner.start();
  created.workers[0]?.becomeReady();
  await started;
  return created;
}

const batch = (size: number) =>
  Array.from({ length: size }, (_, row) => {
    const request = { operation: 'predict', requestId: String(row), codec: 'c', headers: [], inputs: [] } as const;
    const job = new Job(request, STEADY_CALLER);
    job.answer.catch(() => {});
    return job;
  });

const answer = (told: { readonly residentBytes?: number }) => {
  const stages = { decodeMs: 0, handlerMs: 0, encodeMs: 0, predictionMs: 0 };
  return { kind: 'answered', outcomes: [], stages, ...told } as const;
};

/** Lets promises settle, without real time. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a worker', () => {
  it('is starting, ready, busy with its batches, and ready again after the last', async () => {
    const { runner, workers } = createRunner();
    const started = runner.start();
    expect(runner.state).toBe('starting');
    workers[0]?.becomeReady();
    await started;
    expect(runner.state).toBe('ready');
    const { channel } = runner;
    const runs = [channel.run(batch(1), () => {}), channel.run(batch(2), () => {})];
    expect([runner.state, channel.inFlight]).toEqual(['busy', 2]);
    workers[0]?.answer();
    await runs[0];
    expect(runner.state).toBe('busy');
    workers[0]?.answer();
    await runs[1];
    expect([runner.state, channel.inFlight]).toEqual(['ready', 0]);
  });

  it('counts what it has answered, and what it holds', async () => {
    const { runner } = await createReadyRunner();
    runner.answered(1, answer({ residentBytes: 7 }));
    runner.answered(2, answer({}));
    expect(runner.usage).toEqual({ served: 3, residentBytes: 7 });
  });

  it('is not ready any more as soon as its process is gone', async () => {
    const { runner, workers } = await createReadyRunner();
    workers[0]?.die('killed');
    expect(runner.state).not.toBe('ready');
  });

  it('cannot be lent out before it was started', () => {
    expect(() => createRunner().runner.channel).toThrow('worker 9000 was lent out before it was started');
  });

  it('waits for its turn to start, and leaves the gate when it is ready', async () => {
    const { runner, workers, gate } = createRunner();
    const other = gate.enter();
    const started = runner.start();
    await settle();
    expect(workers).toHaveLength(0);
    other.leave();
    await settle();
    workers[0]?.becomeReady();
    await started;
    expect(gate.enter().turn).toBeUndefined();
  });
});

describe('a worker that dies', () => {
  it('is started again at once, then after a second, and what it went through is forgotten', async () => {
    const { runner, workers, deaths } = await createReadyRunner();
    runner.answered(1, answer({ residentBytes: 7 }));
    workers[0]?.die('killed');
    await settle();
    expect(deaths).toEqual(['killed']);
    expect(workers).toHaveLength(2);
    expect(runner.usage).toEqual({ served: 0, residentBytes: 0 });
    workers[1]?.becomeReady();
    await settle();
    workers[1]?.die('killed again');
    await settle();
    expect([runner.state, runner.lastError]).toEqual(['waiting', 'killed again']);
    await vi.advanceTimersByTimeAsync(999);
    expect(workers).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(workers).toHaveLength(3);
  });

  it('may be waited for when it has worked before, and not when it never did', async () => {
    const { runner, workers } = await createReadyRunner();
    workers[0]?.die('killed');
    await settle();
    expect(runner.canServe).toBe(true);

    const fresh = createRunner();
    const started = fresh.runner.start();
    fresh.workers[0]?.failToStart('no labels');
    await expect(started).rejects.toThrow('no labels');
    await settle();
    expect(fresh.runner).toMatchObject({ canServe: false, lastError: 'no labels' });
  });

  it('is given up when it keeps failing for the whole window', async () => {
    const { runner, workers } = createRunner();
    runner.start().catch(() => {});
    for (let ms = 0; ms < 2 * WINDOW_MS && runner.state !== 'failed'; ms += 100) {
      workers.at(-1)?.failToStart('no labels');
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(runner).toMatchObject({ state: 'failed', canServe: false, lastError: 'no labels' });
    const launched = workers.length;
    await vi.advanceTimersByTimeAsync(10 * WINDOW_MS);
    expect(workers).toHaveLength(launched);
  });

  it('begins a new count of failures when it worked for a minute before', async () => {
    const { runner, workers } = await createReadyRunner();
    for (let death = 0; death < 5; death += 1) {
      await vi.advanceTimersByTimeAsync(WINDOW_MS);
      workers.at(-1)?.die('killed');
      await settle();
      workers.at(-1)?.becomeReady();
      await settle();
      expect(runner.state).toBe('ready');
    }
  });

  it('does not wait any longer when it is told to start now', async () => {
    const { runner, workers } = createRunner();
    runner.start().catch(() => {});
    for (const attempt of [0, 1]) {
      workers[attempt]?.failToStart('no labels');
      await settle();
    }
    expect(runner.state).toBe('waiting');
    runner.restartNow();
    await settle();
    expect(workers).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(900);
    expect(workers).toHaveLength(3);
  });
});

describe('a worker that is stopped', () => {
  it('stays down, and nobody calls that a death', async () => {
    const { runner, states, deaths, workers } = await createReadyRunner();
    await Promise.all([runner.stop(), runner.stop()]);
    expect(states).toEqual(['ready', 'stopping', 'stopped']);
    await vi.advanceTimersByTimeAsync(10 * WINDOW_MS);
    expect([deaths, workers.length]).toEqual([[], 1]);
    await runner.start();
    expect(workers).toHaveLength(1);
  });

  it('while it waits for its turn is never started, and lets the next one in', async () => {
    const { runner, workers, gate } = createRunner();
    const other = gate.enter();
    const started = runner.start();
    await runner.stop();
    await started;
    other.leave();
    await settle();
    expect(workers).toHaveLength(0);
    expect(gate.enter().turn).toBeUndefined();
  });
});
