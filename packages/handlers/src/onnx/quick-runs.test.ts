import { describe, expect, it } from 'vitest';
import { quickRuns } from './quick-runs.ts';

/** As onnxruntime-node runs a session. */
const later =
  (work: (input: number) => number) =>
  (input: number): Promise<number> =>
    new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(work(input));
        } catch (error) {
          reject(error);
        }
      });
    });

/** As long as all inputs are alike. */
const quick = (run: (input: number) => Promise<number>) => quickRuns({ run, sizeOf: () => 1 });

const busy = (ms: number) => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

/** How many turns of the event loop there were meanwhile. */
async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isOver = true;
  return turns;
}

describe('runs', () => {
  it('that are quick come one after the other in one turn of the event loop, and give what they give', async () => {
    const run = quick(later((input) => input * 2));
    await run(0);
    const outputs: number[] = [];
    const turns = await turnsOf(async () => {
      for (const input of [1, 2, 3]) outputs.push(await run(input));
    });
    expect([outputs, turns]).toEqual([[2, 4, 6], 0]);
  });

  it('that are not let the event loop have its turn before each', async () => {
    const run = quick(later(() => (busy(2), 1)));
    expect(await turnsOf(async () => [await run(1), await run(1), await run(1)])).toBeGreaterThanOrEqual(3);
  });

  it('that may not be, since their inputs are larger, let it have its turn, too', async () => {
    const run = quickRuns({ run: later((input) => (busy(input / 1000), 1)), sizeOf: (input) => input });
    await run(100);
    await run(100);
    expect(await turnsOf(() => run(5000))).toBeGreaterThanOrEqual(1);
  });

  it('that are many let it have one now and then', async () => {
    const run = quick(later(() => (busy(0.1), 1)));
    const turns = await turnsOf(async () => {
      for (let count = 0; count < 60; count += 1) await run(1);
    });
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  it('that fail reject, and leave setImmediate as it was', async () => {
    const own = setImmediate;
    const run = quick(
      later((input) => {
        if (input > 1) throw new RangeError('too much');
        return input;
      }),
    );
    expect(await run(1)).toBe(1);
    await expect(run(2)).rejects.toThrow('too much');
    await expect(quick(() => Promise.reject(new Error('at once')))(1)).rejects.toThrow('at once');
    expect(setImmediate).toBe(own);
    expect(await run(1)).toBe(1);
  });
});
