import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Autoscaler, type ScaleObservation } from './autoscaler.ts';

/** An autoscaler whose moves happen at once: every worker is ready as soon as it is asked for. */
function createAutoscaler(min: number, max: number) {
  const seen = { workers: min, notReady: 0, nextArrivedAt: undefined as number | undefined, lastSaturatedAt: 0 };
  const moves: string[] = [];
  const autoscaler = new Autoscaler({
    settings: { scaleUpWaitMs: 100, scaleDownIdleMs: 1000 },
    observe: (): ScaleObservation => seen,
    scaleTo: (workers, { direction }) => {
      moves.push(`${direction} to ${workers}`);
      seen.workers = workers;
    },
  });
  autoscaler.setRange(min, max);
  onEnd.push(() => autoscaler.setRange(0, 0));
  return { autoscaler, seen, moves };
}

const onEnd: (() => void)[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const end of onEnd.splice(0)) end();
  vi.useRealTimers();
});

describe('an autoscaler', () => {
  it('has no timer where there is nothing to decide', () => {
    createAutoscaler(2, 2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('adds one worker after another while a job waits too long, up to the greatest number', () => {
    const { seen, moves } = createAutoscaler(1, 3);
    seen.nextArrivedAt = performance.now();
    vi.advanceTimersByTime(99);
    expect(moves).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(moves).toEqual(['up to 2', 'up to 3']);
  });

  it('waits for the worker that it has asked for before it asks for another', () => {
    const { seen, moves } = createAutoscaler(1, 3);
    seen.nextArrivedAt = performance.now();
    vi.advanceTimersByTime(120);
    seen.notReady = 1;
    vi.advanceTimersByTime(10_000);
    expect(moves).toEqual(['up to 2']);
  });

  it('takes one worker away for each idle time, down to the least number', () => {
    const { seen, moves } = createAutoscaler(1, 3);
    seen.workers = 3;
    vi.advanceTimersByTime(999);
    expect(moves).toEqual([]);
    vi.advanceTimersByTime(1051);
    expect(moves).toEqual(['down to 2', 'down to 1']);
    vi.advanceTimersByTime(10_000);
    expect(moves).toHaveLength(2);
  });

  it('counts the idle time from the last moment at which every worker was needed', () => {
    const { seen, moves } = createAutoscaler(1, 2);
    seen.workers = 2;
    vi.advanceTimersByTime(900);
    seen.lastSaturatedAt = performance.now();
    vi.advanceTimersByTime(950);
    expect(moves).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(moves).toEqual(['down to 1']);
  });

  it('starts the first worker for a job as soon as it is told to look', () => {
    const { autoscaler, seen, moves } = createAutoscaler(0, 1);
    expect(autoscaler.canStartFirst).toBe(true);
    seen.nextArrivedAt = performance.now();
    autoscaler.look();
    expect(moves).toEqual(['up to 1']);
    expect(autoscaler.canStartFirst).toBe(false);
  });

  it('starts none where none may be', () => {
    expect(createAutoscaler(0, 0).autoscaler.canStartFirst).toBe(false);
  });
});
