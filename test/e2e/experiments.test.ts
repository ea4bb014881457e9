/** Experiments of graphs in a server: what clients are told of their feedback, and what is seen of an experiment. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOneModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove, send, sendJson } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';

const ARMS = { bad: 'one', good: 'one/1.0' };
const GRAPHS = {
  learner: { router: ARMS, policy: 'thompson_sampling', seed: 1 },
  bounded: { router: ARMS, policy: 'ucb1' },
  greedy: { router: ARMS, policy: 'epsilon_greedy', epsilon: 0 },
  split: { router: ARMS, policy: 'weighted' },
  outer: 'split',
  failing: { router: { well: 'one', ill: 'fails' }, policy: 'weighted', weights: { well: 0, ill: 1 } },
  news: { router: { politics: 'one', sports: 'one/1.0' }, policy: { handler: 'linucb.ts', options: { alpha: 0.5 } } },
};
const MODULES = { 'linucb.ts': await readFile(path.join(ROOT, 'examples/linucb/linucb.ts'), 'utf8') };

let daemon: Daemon;
const FAILS = `import { PredictionError } from '@marserve/handlers';
export const handle = (rows?: unknown[]) => rows?.map(() => new PredictionError('it cannot', 422));`;

/** Another server on the same files. */
let later: Daemon | undefined;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { default_workers_per_model: 2 },
    fill: async (store) => {
      await addArchive(store, { name: 'one', model: addOneModel() });
      await addArchive(store, { name: 'fails', source: FAILS });
      for (const [name, graph] of Object.entries(GRAPHS)) {
        const files = name === 'news' ? MODULES : {};
        await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }), files });
      }
    },
  });
  await registerModels(daemon, ['one', 'fails', ...Object.keys(GRAPHS)]);
});

afterAll(async () => {
  await later?.end();
  await daemon?.close();
});

interface Arm {
  readonly name: string;
  readonly requests: number;
  readonly rewards: number;
  readonly reward_sum: number;
  readonly interval: readonly number[] | null;
  readonly probability_best: number | null;
}

interface Experiment {
  readonly policy: string;
  readonly since: string | null;
  readonly frozen: boolean;
  readonly weights: unknown;
  readonly arms: readonly Arm[];
}

const rows = (count: number) => Array.from({ length: count }, () => [1, 2]);

/** One request of so many instances; its id and its arm. */
async function ask(model: string, instances = 1): Promise<{ readonly id: string; readonly arm: string }> {
  const { status, headers } = await sendJson(`${daemon.inference}/v1/models/${model}:predict`, {
    instances: rows(instances),
  });
  expect(status).toBe(200);
  const id = headers.get('x-request-id') ?? '';
  return { id, arm: headers.get('x-marserve-route')?.replace('router=', '') ?? '' };
}

const feedback = (model: string, value: unknown) => sendJson(`${daemon.inference}/feedback/${model}`, value);

async function stateOf(model: string, of = daemon): Promise<Experiment> {
  const { text: body } = await send(`${of.management}/models/${model}/experiment`);
  const { experiments } = JSON.parse(body) as { experiments: Experiment[] };
  return experiments[0] as Experiment;
}

const armOf = (state: Experiment, name: string) => state.arms.find((arm) => arm.name === name);

describe('feedback', () => {
  it('counts for the arm that has answered, on the path of each protocol, one for each instance or for all', async () => {
    const paths = ['/feedback/split', '/v1/models/split:feedback', '/v2/models/split/feedback'];
    for (const path of paths) {
      const { id, arm } = await ask('split', 2);
      const before = armOf(await stateOf('split'), arm);
      const { status, text: body } = await sendJson(`${daemon.inference}${path}`, { id, rewards: [1, 0] });
      expect([status, JSON.parse(body)]).toEqual([200, { id, outcome: 'counted', route: { router: arm } }]);
      await expect
        .poll(async () => armOf(await stateOf('split'), arm), { timeout: 30_000 })
        .toMatchObject({ rewards: (before?.rewards ?? 0) + 2, reward_sum: (before?.reward_sum ?? 0) + 1 });
    }
    const state = await stateOf('split');
    expect(state.arms.reduce((sum, { requests }) => sum + requests, 0)).toBe(3);
    expect(state.arms.every(({ interval, rewards }) => (interval === null) === (rewards === 0))).toBe(true);
  });

  it('is told when it was counted before, and is not again', async () => {
    const { id } = await ask('learner');
    const outcomes = [];
    for (const value of [
      { id, reward: 1 },
      { id, reward: 1 },
      { id, reward: 1, feedback_id: 'late' },
    ]) {
      const { status, text: body } = await feedback('learner', value);
      outcomes.push([status, (JSON.parse(body) as { outcome: string }).outcome]);
    }
    expect(outcomes).toEqual([
      [200, 'counted'],
      [200, 'repeated'],
      [200, 'counted'],
    ]);
  });

  it.each([
    [{ id: 'nobody', reward: 1 }, 404, 'No decision is known for the request "nobody"'],
    [{ reward: 1 }, 400, 'expected "id"'],
    [{ id: null, reward: 1 }, 400, 'expected "id"'],
    [{ id: 'x' }, 400, 'expected "reward"'],
    [{ id: 'x', reward: 'NaN' }, 400, 'expected a reward to be a finite number, got "NaN"'],
    [{ id: 'x', rewards: [] }, 400, 'expected "rewards" to be a list'],
    [{ id: 'x', reward: 2, route: 'good' }, 400, '"router" takes rewards from 0 to 1, got 2'],
    [{ id: 'x', reward: 1, route: 'best' }, 400, '"router" has no arm "best"'],
    [{ id: 'x', reward: 1, route: 'a=good' }, 400, 'there is no router "a"'],
    [{ id: 'x', reward: 1, routes: 1 }, 400, 'it has "routes"'],
    [[], 400, 'expected an object'],
    [7, 400, 'expected an object'],
  ])('is refused where it is wrong: %j', async (value, status, message) => {
    const answer = await feedback('learner', value);
    expect([answer.status, answer.text]).toEqual([
      status,
      expect.stringContaining(JSON.stringify(message).slice(1, -1)),
    ]);
  });

  it('is refused for another arm than the one that has answered, and for more rewards than instances', async () => {
    const { id, arm } = await ask('split', 2);
    const route = arm === 'good' ? 'bad' : 'good';
    expect(await feedback('split', { id, reward: 1, route })).toMatchObject({ status: 400 });
    expect(await feedback('split', { id, rewards: [1, 0, 1] })).toMatchObject({ status: 400 });
    expect(await feedback('split', { id, reward: 1, route: `router=${arm}` })).toMatchObject({ status: 200 });
  });

  it('comes in lists, of which each has its own answer', async () => {
    const { id, arm } = await ask('learner');
    const { status, text: body } = await feedback('learner', [
      { id, reward: 1 },
      { id, reward: 1 },
      { id: 'nobody', reward: 1 },
      { id: 'nobody', reward: 0, route: 'router=bad' },
      { id: 'x', reward: null },
    ]);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({
      results: [
        { id, outcome: 'counted', route: { router: arm } },
        { id, outcome: 'repeated' },
        { outcome: 'refused', status: 404 },
        { id: 'nobody', outcome: 'counted', route: { router: 'bad' } },
        { outcome: 'refused', status: 400 },
      ],
    });
  });

  it("has the form of Seldon's protocol as well", async () => {
    const url = `${daemon.inference}/seldon/default/bounded/api/v1.0/feedback`;
    const { id, arm } = await ask('bounded');
    const before = armOf(await stateOf('bounded'), arm);
    const sent = { request: {}, response: { meta: { puid: id, routing: { router: -1 } } }, reward: 1 };
    expect((await sendJson(url, sent)).status).toBe(200);
    const routed = { response: { meta: { puid: 'elsewhere', routing: { router: Object.keys(ARMS).indexOf(arm) } } } };
    expect((await sendJson(url, { ...routed, reward: 1 })).status).toBe(200);
    expect((await sendJson(url, { ...sent, reward: 5 })).status).toBe(400);
    await expect
      .poll(async () => armOf(await stateOf('bounded'), arm)?.rewards, { timeout: 30_000 })
      .toBe((before?.rewards ?? 0) + 2);
  });

  it('reaches the experiment of a graph that the graph asks', async () => {
    const { id } = await ask('split');
    const nested = await sendJson(`${daemon.inference}/v1/models/outer:predict`, { instances: rows(1) });
    expect(nested.status).toBe(200);
    const answer = await feedback('split', { id: nested.headers.get('x-request-id'), reward: 1 });
    expect([answer.status, id === '']).toEqual([200, false]);
  });

  it('is taken for a request that failed, whose answer says its route in each protocol', async () => {
    const { inference } = daemon;
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
    const answers = await Promise.all([
      sendJson(`${inference}/predictions/failing`, [1, 2]),
      sendJson(`${inference}/v1/models/failing:predict`, { instances: rows(1) }),
      sendJson(`${inference}/v2/models/failing/infer`, { inputs }),
      sendJson(`${inference}/seldon/ns/failing/api/v1.0/predictions`, { data: { ndarray: [1, 2] } }),
    ]);
    for (const { status, text, headers } of answers) {
      expect([status, headers.get('x-marserve-route')]).toEqual([422, 'router=ill']);
      expect(text).toContain('it cannot');
      const told = await feedback('failing', { id: headers.get('x-request-id'), reward: 0 });
      expect(told.json()).toMatchObject({ outcome: 'counted', route: { router: 'ill' } });
    }
  });

  it('is none for a model without an experiment', async () => {
    expect(await feedback('one', { id: 'x', reward: 1 })).toMatchObject({ status: 404 });
    expect(await feedback('outer', { id: 'x', reward: 1 })).toMatchObject({ status: 404 });
    expect(await feedback('nothing', { id: 'x', reward: 1 })).toMatchObject({ status: 404 });
  });
});

describe('a bandit', () => {
  it('asks the arm whose rewards are better', async () => {
    const known = rows(30).map((_, at) => ({ id: `g${at}`, reward: 1, route: 'good' }));
    expect(await feedback('greedy', known)).toMatchObject({ status: 200 });
    await expect.poll(async () => armOf(await stateOf('greedy'), 'good')?.rewards, { timeout: 30_000 }).toBe(30);
    await expect.poll(async () => (await ask('greedy')).arm, { timeout: 30_000 }).toBe('good');
  });
});

/** What a reader is shown. */
async function articleFor(reader: readonly number[], of = daemon): Promise<string | undefined> {
  const { headers } = await sendJson(`${of.inference}/v1/models/news:predict`, { instances: [reader] });
  return headers.get('x-marserve-route')?.replace('router=', '');
}

describe('a policy of one’s own', () => {
  /** Shows an article to a reader, who tells whether it was the right one. */
  const show = async (reader: readonly number[], liked: string) => {
    const instances = [reader];
    const { headers } = await sendJson(`${daemon.inference}/v1/models/news:predict`, { instances });
    const [id, route] = ['x-request-id', 'x-marserve-route'].map((name) => headers.get(name) ?? '');
    const isRight = route === `router=${liked}`;
    expect((await feedback('news', { id, reward: isRight ? 1 : 0 })).text).toContain('"counted"');
    return isRight;
  };

  it('learns by the id of a request what came of its features, in all workers', async () => {
    let streak = 0;
    const bothRight = async () => (await show([1, 0], 'politics')) && (await show([0, 1], 'sports'));
    await expect.poll(async () => (streak = (await bothRight()) ? streak + 1 : 0), { interval: 0 }).toBe(10);
    expect([await articleFor([1, 0]), await articleFor([0, 1])]).toEqual(['politics', 'sports']);
  });
});

describe('an experiment', () => {
  const control = (model: string, value: unknown) =>
    send(`${daemon.management}/models/${model}/experiment`, {
      method: 'PATCH',
      body: JSON.stringify(value),
      headers: { 'content-type': 'application/json' },
    });

  it('can be weighted and frozen by hand, and reset', async () => {
    expect(await control('bounded', { weights: { bad: 1, good: 0 }, frozen: true })).toMatchObject({ status: 200 });
    expect(await stateOf('bounded')).toMatchObject({ frozen: true, weights: { bad: 1, good: 0 }, policy: 'ucb1' });
    await expect.poll(async () => (await ask('bounded')).arm, { timeout: 30_000 }).toBe('bad');
    for (const wrong of [{ weights: { bad: 1 } }, { frozen: 1 }, {}, { speed: 1 }, { weights: { bad: 0, good: 0 } }]) {
      expect(await control('bounded', wrong)).toMatchObject({ status: 400 });
    }
    expect(await control('bounded', { weights: null, frozen: false })).toMatchObject({ status: 200 });
    expect(await remove(`${daemon.management}/models/bounded/experiment`)).toMatchObject({ status: 200 });
    const { frozen, weights, arms } = await stateOf('bounded');
    expect([frozen, weights, arms.map(({ rewards }) => rewards)]).toEqual([false, null, [0, 0]]);
    expect(await send(`${daemon.management}/models/one/experiment`)).toMatchObject({ status: 404 });
    expect(await send(`${daemon.management}/models/split/experiment?experiment=x`)).toMatchObject({ status: 404 });
  });

  it('is measured', async () => {
    const { id } = await ask('learner');
    await feedback('learner', { id, reward: 1 });
    await expect
      .poll(async () => (await send(`${daemon.metrics}/metrics`)).text, { timeout: 30_000 })
      .toMatch(/experiment_reward_count\{.*router="router"/);
  });

  it('is the same when the server was killed', async () => {
    const { id, arm } = await ask('learner');
    expect(await feedback('learner', { id, reward: 1 })).toMatchObject({ status: 200 });
    const before = await stateOf('learner');
    await daemon.end('SIGKILL');
    later = await startDaemon({ root: daemon.root });
    const after = await stateOf('learner', later);
    const counts = ({ arms }: Experiment) => arms.map(({ name, rewards, reward_sum: sum }) => [name, rewards, sum]);
    expect([after.since, counts(after)]).toEqual([before.since, counts(before)]);
    const repeated = await sendJson(`${later.inference}/feedback/learner`, { id, reward: 1, route: arm });
    expect(JSON.parse(repeated.text)).toMatchObject({ outcome: 'repeated' });
    expect([await articleFor([1, 0], later), await articleFor([0, 1], later)]).toEqual(['politics', 'sports']);
  });
});
