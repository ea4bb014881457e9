import { describe, expect, it } from 'vitest';
import { quickRuns } from './quick-runs.ts';

/** As onnxruntime-node runs a session. */
const later =
  (call: (input: number) => number) =>
  (input: number): Promise<number> =>
    new Promise((resolve, reject) => {
      setImmediate(() => {
        try {
          resolve(call(input));
        } catch (error) {
          reject(error);
        }
      });
    });

/** A clock that only work moves: a machine that pauses meanwhile changes nothing. */
let clock = 0;
const now = () => clock;
const work = (ms: number) => {
  clock += ms;
  return 1;
};

/** As long as all inputs are alike. */
const quick = (run: (input: number) => Promise<number>) => quickRuns({ run, sizeOf: () => 1, now });

/** How many turns of the event loop there were meanwhile. */
async function turnsOf(runs: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await runs();
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
    const run = quick(later(() => work(2)));
    expect(await turnsOf(async () => [await run(1), await run(1), await run(1)])).toBeGreaterThanOrEqual(3);
  });

  it('that may not be, since their inputs are larger, let it have its turn, too', async () => {
    const run = quickRuns({ run: later((input) => work(input / 1000)), sizeOf: (input) => input, now });
    await run(100);
    await run(100);
    expect(await turnsOf(() => run(5000))).toBeGreaterThanOrEqual(1);
  });

  it('that are many let it have one now and then', async () => {
    const run = quick(later(() => work(0.1)));
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
