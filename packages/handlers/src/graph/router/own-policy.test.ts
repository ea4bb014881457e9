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

  it('learns from each feedback that counts, once', async () => {
    const learn = `export const learn = (state = {}, { requestId, arm, rewards, features }, { name, logger, arms, options }) => {
      logger.info('told ' + JSON.stringify({ requestId, arm, rewards, features, state, name, arms, options }));
      const learned = { ...state, [arm]: (state[arm] ?? 0) + rewards[0] };
      state.spoiled = true;
      if (rewards[0] === 7) throw new Error('not learned');
      if (rewards[0] === 8) return;
      if (rewards[0] === 9) return Promise.reject(new Error('unheard'));
      return learned;
    };`;
    const told = [
      { route: 'plus', reward: 2, feedback_id: 'a' },
      { route: 'plus', reward: 3, feedback_id: 'b' },
      { route: 'plus', reward: 3, feedback_id: 'b' },
      ...[7, 8, 9].map((reward) => ({ route: 'plus', reward })),
      { route: 'minus', rewards: [1, 0], feedback_id: 'c' },
      { id: 'unknown', reward: 1 },
    ];
    const call = new ExperimentCall('feedback', told);
    const { results, logs } = await run(`export const route = () => 'plus'; ${learn}`, [call]);
    const { results: outcomes } = results[0] as { results: { outcome: string }[] };
    const counted = ['counted', 'counted', 'counted'];
    const said = outcomes.map(({ outcome }) => outcome);
    expect(said).toEqual(['counted', 'counted', 'repeated', ...counted, 'counted', 'refused']);
    const common = { name: 'chooser', arms: ['plus', 'minus'], options: { least: 10 } };
    const heard = logs
      .filter(({ level }) => level === 'info')
      .map(({ message }) => JSON.parse(message.slice(5)) as unknown);
    expect([...heard.slice(0, 2), heard.at(-1)]).toEqual([
      { arm: 'plus', rewards: [2], state: {}, ...common },
      { arm: 'plus', rewards: [3], state: { plus: 2 }, ...common },
      { arm: 'minus', rewards: [1, 0], state: { plus: 5 }, ...common },
    ]);
    const problems = ['not learned', 'learn must give the state as JSON', 'learn must not be async'];
    expect(logs.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual(
      problems.map(
        (problem) =>
          expect.stringContaining(`Router "chooser" has not learned from a feedback: pick.ts: ${problem}`) as string,
      ),
    );
  });

  it.each([
    ['gives no arm', '() => "times"', 'pick.ts: expected one of the arms plus, minus, but it gave "times"', 500],
    ['gives a place', '() => 0', 'but it gave 0', 500],
    ['gives features without an arm', '() => ({ features: [1] })', 'but it gave an object', 500],
    [
      'gives too many features',
      '() => ({ arm: "plus", features: "x".repeat(4095) })',
      'pick.ts: expected features of at most 4096 characters as JSON, but it gave 4097',
      500,
    ],
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
