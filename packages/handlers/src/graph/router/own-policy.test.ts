import { describe, expect, it } from 'vitest';
import { ExperimentCall } from '../../experiment/experiment-call.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler } from '../../testing.ts';

const IDENTITY = `export const plus = ({ instances }) => instances.map((x) => x + 1); export const minus = ({ instances }) => instances.map((x) => x - 1);`;
const ARMS = { plus: { handler: 'arms.ts:plus' }, minus: { handler: 'arms.ts:minus' } };

async function run(pick: string, rows: readonly unknown[], step: object = {}) {
  const modelDir = await modelFolder({ 'pick.mjs': pick, 'arms.mjs': IDENTITY });
  const graph = { router: ARMS, policy: { handler: 'pick.ts', options: { least: 10 } }, name: 'chooser', ...step };
  return testHandler({ modelDir, handler: 'graph' }, rows, { modelConfig: { graph }, headers: { 'X-Arm': 'minus' } });
}

describe('a router of one’s own', () => {
  it('chooses by the value, its options and the headers', async () => {
    const pick = `export const route = ({ instances: [x] }, { options, arms, headers, requestId, name }) => {
      if (name !== 'chooser' || typeof requestId !== 'string' || arms.join() !== 'plus,minus') throw new Error('odd context');
      return x >= options.least ? headers['x-arm'] : 'plus';
    }`;
    const [high, low] = await Promise.all([run(pick, [10]), run(pick, [9])]);
    expect([high.results, low.results]).toEqual([[9], [10]]);
    expect(high.responses[0]?.headers['x-marserve-route']).toBe('chooser=minus');
  });

  it('keeps what it learns', async () => {
    const pick = `export default async (_, { arms, readState, updateState, readArms }) => {
      const { count } = await updateState((old = { count: 0 }) => ({ count: old.count + 1 }));
      if ((await readState()).count < count || typeof (await readArms()) !== 'object') throw new Error('forgotten');
      return arms[count % 2];
    }`;
    const { results } = await run(pick, [0, 0, 0, 0]);
    expect(results.map(Number).toSorted((one, other) => one - other)).toEqual([-1, -1, 1, 1]);
  });

  it('is told of each feedback that counts, once', async () => {
    const learn = `export const feedback = async ({ requestId, arm, rewards }, { updateState, logger, arms, options }) => {
      const state = await updateState((old = {}) => ({ ...old, [arm]: (old[arm] ?? 0) + rewards[0] }));
      logger.info('told ' + JSON.stringify({ requestId, arm, rewards, state, arms, options }));
      if (arm === 'minus') throw new Error('not learned');
    };`;
    const told = [
      { route: 'plus', reward: 2, feedback_id: 'a' },
      { route: 'plus', reward: 3, feedback_id: 'b' },
      { route: 'plus', reward: 3, feedback_id: 'b' },
      { route: 'minus', rewards: [1, 0], feedback_id: 'c' },
      { id: 'unknown', reward: 1 },
    ];
    const call = new ExperimentCall('feedback', told);
    const { results, logs } = await run(`export const route = () => 'plus'; ${learn}`, [call]);
    const { results: outcomes } = results[0] as { results: { outcome: string }[] };
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['counted', 'counted', 'repeated', 'counted', 'refused']);
    const common = { arms: ['plus', 'minus'], options: { least: 10 } };
    expect(
      logs.filter(({ level }) => level === 'info').map(({ message }) => JSON.parse(message.slice(5)) as unknown),
    ).toEqual([
      { arm: 'plus', rewards: [2], state: { plus: 2 }, ...common },
      { arm: 'plus', rewards: [3], state: { plus: 5 }, ...common },
      { arm: 'minus', rewards: [1, 0], state: { plus: 5, minus: 1 }, ...common },
    ]);
    expect(logs.map(({ message }) => message)).toContain(
      'Router "chooser" has not learned from a feedback: pick.ts: not learned',
    );
  });

  it.each([
    ['gives no arm', '() => "times"', 'pick.ts: expected one of the arms plus, minus, but it gave "times"', 500],
    ['gives a place', '() => 0', 'but it gave 0', 500],
    [
      'throws',
      '() => { throw Object.assign(new Error("no"), { name: "PredictionError", status: 429 }); }',
      'pick.ts: no',
      429,
    ],
    ['never chooses', '() => new Promise(() => {})', 'pick.ts: its time is over', 504],
  ])('is named when it %s', async (_, source, message, status) => {
    const { results } = await run(`export default ${source}`, [1], { timeout_ms: 100 });
    expect(results[0]).toMatchObject({ message: expect.stringContaining(message) as string, status });
  });

  it('is refused with its place', async () => {
    await expect(run('export const x = 1', [1])).rejects.toThrow(
      'graph.policy.handler: pick.ts: it exports x (number)',
    );
    await expect(run('', [1], { policy: { handler: 'pick.ts', arms: 1 } })).rejects.toThrow(
      'unknown key graph.policy.arms',
    );
    await expect(run('', [1], { policy: {} })).rejects.toThrow('graph.policy must be an object with handler');
  });
});
