/** Seldon's bandits: what they choose, and what they learn. */
import { afterEach, describe, expect, it } from 'vitest';
import { createModelContext } from '../../context/context.ts';
import type { ExperimentStore } from '../../experiment/experiment-store.ts';
import { experimentStoreOf } from '../../experiment/experiment-store-of.ts';
import type { SeldonFeedback } from '../seldon-message.ts';
import type { Bandit } from './bandit.ts';
import { builtInUnit } from './built-in-units.ts';
import type { SeldonUnit } from './seldon-unit.ts';

const stores: ExperimentStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const child = (name: string): SeldonUnit => ({
  name,
  methods: new Set(),
  place: { kind: 'model', model: { name } },
  parameters: {},
  children: [],
});

function setUp(implementation: string, parameters: Readonly<Record<string, unknown>>, count = 3) {
  const logs: string[] = [];
  const manifest = { runtime: 'node', model: { modelName: 'graph', modelVersion: '1.0', handler: 'seldon_graph' } };
  const context = createModelContext(
    { manifest, modelDir: '.', modelConfig: {}, gpuId: -1, batchSize: 1, serverVersion: 'test' },
    { onMetric: () => {}, onLog: (_, message) => logs.push(message) },
  );
  const store = experimentStoreOf(context);
  stores.push(store);
  const children = Array.from({ length: count }, (_, index) => child(`classifier-${index + 1}`));
  const unit: SeldonUnit = {
    ...child('eg-router'),
    place: { kind: 'built-in', name: implementation },
    parameters,
    children,
  };
  const make = () => builtInUnit(implementation).create(unit, { context, store: () => store }) as Promise<Bandit>;
  return { make, store, logs };
}

const told = (routing: number, reward: number, rows = 1): SeldonFeedback => ({
  request: { data: { ndarray: Array.from({ length: rows }, () => [1, 2, 5]) } },
  response: { meta: { routing: { 'eg-router': routing } } },
  reward,
});

async function routes(bandit: Bandit, count: number): Promise<number[]> {
  const counts = [0, 0, 0];
  for (let request = 0; request < count; request += 1) {
    const branch = await bandit.route();
    counts[branch] = (counts[branch] ?? 0) + 1;
  }
  return counts.map((each) => each / count);
}

describe('EpsilonGreedy', () => {
  it('takes the best child, and any other one with the probability epsilon', async () => {
    const bandit = await setUp('EpsilonGreedy', { epsilon: 0.3, best_branch: 1, seed: 1 }).make();
    const [first = 0, best = 0, last = 0] = await routes(bandit, 2000);
    expect(best).toBeCloseTo(0.7, 1);
    expect(first).toBeCloseTo(0.15, 1);
    expect(last).toBeCloseTo(0.15, 1);
    expect(await routes(await setUp('EpsilonGreedy', { epsilon: 0 }, 1).make(), 5)).toEqual([1, 0, 0]);
  });

  it('learns which is best, as documented', async () => {
    const { make, store } = setUp('EpsilonGreedy', { n_branches: 3, epsilon: 0.3, seed: 7 });
    const bandit = await make();
    for (const rewards of [
      [0, 1, 0],
      [1, 0, 0],
    ]) {
      for (let round = 0; round < 60; round += 1) {
        const branch = await bandit.route();
        await bandit.sendFeedbackRaw(told(branch, rewards[branch] ?? 0));
      }
      if (rewards[1] === 1) expect(await store.readDocument('eg-router')).toMatchObject({ best: 1 });
    }
    const { success, tries } = (await store.readDocument('eg-router')) as Record<string, number[]>;
    expect(tries?.reduce((sum, each) => sum + each, 0)).toBe(120);
    expect(success?.[2]).toBe(0);
  });

  it('counts the right predictions of a request, and no share of one', async () => {
    const { make, store } = setUp('EpsilonGreedy', { seed: 3 });
    const bandit = await make();
    await bandit.sendFeedbackRaw(told(2, 0.5, 5));
    await bandit.sendFeedbackRaw(told(0, 0.99));
    await bandit.sendFeedbackRaw({ ...told(1, 1), request: { strData: 'x' } });
    await bandit.sendFeedbackRaw(told(1, 1, 0));
    const state = { success: [0, 1, 2], tries: [1, 1, 5], best: 1 };
    expect(await store.readDocument('eg-router')).toEqual(state);
  });

  it('breaks ties by chance', async () => {
    const { make, store } = setUp('EpsilonGreedy', { seed: 5 });
    const bandit = await make();
    const seen = new Set<unknown>();
    for (let round = 0; round < 30; round += 1) {
      await bandit.sendFeedbackRaw(told(round % 3, 0));
      seen.add(((await store.readDocument('eg-router')) as { best: number }).best);
    }
    expect(seen).toEqual(new Set([0, 1, 2]));
  });
});

describe('ThompsonSampling', () => {
  it('takes every child before anything is known, and mostly the best one later', async () => {
    const { make } = setUp('ThompsonSampling', { seed: 11 });
    const bandit = await make();
    for (const share of await routes(bandit, 900)) expect(share).toBeCloseTo(1 / 3, 1);
    for (const [branch, reward] of [0.2, 0.9, 0.5].entries()) await bandit.sendFeedbackRaw(told(branch, reward, 50));
    expect((await routes(bandit, 200))[1]).toBeGreaterThan(0.95);
  });
});

describe.each(['EpsilonGreedy', 'ThompsonSampling'])('%s', (implementation) => {
  it('chooses the same with the same seed', async () => {
    const many = async () => {
      const bandit = await setUp(implementation, { seed: 42 }).make();
      return Promise.all(Array.from({ length: 20 }, () => bandit.route()));
    };
    expect(await many()).toEqual(await many());
  });

  it('knows what others of its kind were told, and what it was told before', async () => {
    const { make } = setUp(implementation, { seed: 1, ...(implementation === 'EpsilonGreedy' && { epsilon: 0 }) });
    const [one, other] = [await make(), await make()];
    for (const branch of [0, 1, 2]) await one.sendFeedbackRaw(told(branch, branch === 2 ? 1 : 0, 500));
    expect(await routes(other, 20)).toEqual([0, 0, 1]);
    expect(await routes(await make(), 20)).toEqual([0, 0, 1]);
  });

  it('begins anew with another number of children', async () => {
    const { make, store } = setUp(implementation, { seed: 1 });
    await store.updateDocument('eg-router', () => ({ success: [0, 9], tries: [9, 9], best: 1 }));
    await (await make()).sendFeedbackRaw(told(0, 1));
    expect(await store.readDocument('eg-router')).toMatchObject({ success: [1, 0, 0], tries: [1, 0, 0] });
  });

  it('logs what it does where it is verbose', async () => {
    const { make, logs } = setUp(implementation, { verbose: true, branch_names: 'a:b:c', history: true });
    const bandit = await make();
    await bandit.route();
    await bandit.sendFeedbackRaw(told(1, 1));
    expect(logs).toEqual([
      expect.stringMatching(/^eg-router chooses [abc]$/),
      'eg-router was right with b 1 of 1 times',
    ]);
  });

  it.each([
    ['a reward that is none', told(0, 2), 'reward: expected a number from 0 to 1, got 2'],
    [
      'a way that is none',
      told(3, 1),
      'response.meta.routing.eg-router: expected the child that it took, from 0 to 2, got 3',
    ],
    ['no way', { ...told(0, 1), response: {} }, 'got nothing'],
  ])('refuses %s', async (_, feedback, message) => {
    const bandit = await setUp(implementation, {}).make();
    await expect(bandit.sendFeedbackRaw(feedback)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['no children', {}, 0, 'a bandit chooses among children'],
    ['another number of children', { n_branches: 2 }, 3, 'n_branches: there are 3 children, got 2'],
    ['an unknown parameter', { gamma: 1 }, 3, 'unknown parameter "gamma"; known are n_branches'],
    ['too few names', { branch_names: 'a:b' }, 3, 'branch_names: expected 3 names'],
    ['an odd seed', { seed: 0.5 }, 3, 'seed: expected an integer'],
  ])('is none with %s', (_, parameters, count, message) => {
    const children = Array.from({ length: count }, (__, index) => child(String(index)));
    expect(builtInUnit(implementation).problem?.({ parameters, children })).toContain(message);
  });
});

it.each([
  [{ epsilon: 2 }, 'epsilon: expected a number from 0 to 1, got 2'],
  [{ best_branch: 3 }, 'best_branch: expected a child from 0 to 2, got 3'],
])('EpsilonGreedy is none with %j', (parameters, message) => {
  const children = ['a', 'b', 'c'].map(child);
  expect(builtInUnit('EpsilonGreedy').problem?.({ parameters, children })).toBe(message);
});
