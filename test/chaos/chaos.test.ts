/**
 * Faults thrown at a real server while every answer is checked: in a short form by `npm run test:long`, in the long one by
 * `npm run chaos` (see `main.mjs`). One after the other, so that they do not disturb each other.
 */
import { expect, it } from 'vitest';
import { createRandom } from '../helpers/random.ts';
import type { Chaos, ChaosResult, Intensity } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** For the reporter. */
    chaos?: ChaosResult;
  }
}

const intensity: Intensity = process.env.CHAOS === 'long' ? 'long' : 'short';
const seed = Number(process.env.CHAOS_SEED ?? 1);
const timeout = intensity === 'long' ? 1_200_000 : 120_000;

for (const { name, promise, run } of SCENARIOS) {
  it(`${name}: ${promise}`, { timeout }, async ({ task, onTestFinished, signal, skip }) => {
    const chaos: Chaos = {
      intensity,
      random: createRandom(seed),
      defer(close) {
        if (signal.aborted) void close();
        else onTestFinished(async () => void (await close()), timeout);
      },
      say(text) {
        signal.throwIfAborted();
        if (intensity === 'long') console.log(text);
      },
    };
    const result = await run(chaos);
    task.meta.chaos = result;
    skip(result.verdict === 'skipped', result.thrown);
    expect(result.problems, `seed ${seed}, ${JSON.stringify(result.facts)}`).toEqual([]);
  });
}
