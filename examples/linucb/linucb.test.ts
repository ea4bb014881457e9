/** LinUCB against readers whose tastes are known. */
import type { LearnContext, RouteContext } from '@marserve/handlers';
import { describe, expect, it } from 'vitest';
import { learn, route } from './linucb.ts';

const ARMS = ['politics', 'sports', 'science'];
/** Of each article, how probable it is that it is opened: at first by anybody, and so much more for each feature. */
const TASTES = [
  [0.1, 0.6, 0.1, 0],
  [0.2, 0, 0.6, 0.1],
  [0.4, 0, 0, 0.2],
];

/** Knuth's linear congruential generator. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** @returns the regret of each choice: how much less probable it is that the article is opened than that of the best one */
async function simulate(seed: number, readers: number): Promise<number[]> {
  const chance = chanceOf(seed);
  const context = { arms: ARMS, options: { alpha: 1 } };
  const regrets: number[] = [];
  let state: unknown;
  for (let reader = 0; reader < readers; reader += 1) {
    const likes = Array.from({ length: 3 }, chance);
    const readState = () => Promise.resolve(state);
    const chosen = await route({ instances: [likes] }, { ...context, readState } as unknown as RouteContext);
    const { arm, features } = chosen as { arm: string; features: number[] };
    const opened = TASTES.map((taste) => taste.reduce((sum, each, index) => sum + each * [1, ...likes][index], 0));
    const probability = opened[ARMS.indexOf(arm)];
    regrets.push(Math.max(...opened) - probability);
    // As the server keeps it.
    const rewards = [chance() < probability ? 1 : 0];
    state = JSON.parse(JSON.stringify(learn(state, { arm, rewards, features }, context as unknown as LearnContext)));
  }
  return regrets;
}

const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;

describe('LinUCB', () => {
  it.each([1, 2, 3])('finds the article for each reader, with the seed %i', async (seed) => {
    const regrets = await simulate(seed, 4000);
    expect(mean(regrets.slice(0, 100))).toBeGreaterThan(0.05);
    expect(mean(regrets.slice(-1000))).toBeLessThan(0.02);
  });

  it('learns nothing of what it does not know', () => {
    expect(learn(undefined, { arm: 'sports', rewards: [1] }, {} as LearnContext)).toEqual({});
  });
});
