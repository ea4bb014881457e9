import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../experiment/open-database.ts';
import { RecordedStore } from '../../experiment/recorded-store.ts';
import { PredictionError } from '../../prediction-error.ts';
import { openGraph, type TestGraph, type TestNode } from '../../test-support/run-graph.ts';
import { readCanary } from './canary/canary-config.ts';
import { CanaryKeeper } from './canary/canary-keeper.ts';

const PATIENT = { timeout: 60_000 };
const STEPS = [
  { weight: 20, for_s: 0.1 },
  { weight: 50, for_s: 0.1 },
];

const router = (options: object = {}) => ({
  router: { stable: 'old', canary: 'new' },
  policy: 'canary',
  steps: STEPS,
  guards: { max_error_rate: 0.1, min_requests: 20 },
  ...options,
});

const fails: TestNode = () => {
  throw new PredictionError('broken', 500);
};

const open = (canary: TestNode, options: object = {}) =>
  openGraph(router(options), { old: (body) => body, new: canary });

const movesOf = ({ logs }: TestGraph) => logs.filter(({ message }) => message.startsWith('canary '));
const statusOf = (graph: TestGraph) =>
  (movesOf(graph).at(-1)?.fields as { readonly status?: string } | undefined)?.status;

/** Asks until the canary has come to that. */
async function askUntil(graph: TestGraph, status: string) {
  const answers: Awaited<ReturnType<TestGraph['ask']>>[] = [];
  await expect
    .poll(async () => {
      for (let request = 0; request < 20; request += 1) answers.push(await graph.ask('x'));
      return statusOf(graph);
    }, PATIENT)
    .toBe(status);
  return answers;
}

describe('canary', () => {
  it('gets more and more requests while it does well, and all in the end', async () => {
    const graph = await open(() => 'new');
    await askUntil(graph, 'promoted');
    expect(movesOf(graph).map(({ level, fields }) => [level, (fields as { weight: number }).weight])).toEqual([
      ['info', 20],
      ['info', 50],
      ['info', 100],
    ]);
    for (let request = 0; request < 20; request += 1) {
      expect(await graph.ask('x')).toEqual({ result: 'new', route: 'router=canary' });
    }
    const weights = graph.metrics.filter(({ name }) => name === 'graph_canary_weight').map(({ value }) => value);
    expect(weights.every((weight, index) => weight >= (weights[index - 1] ?? 0))).toBe(true);
  });

  it('that fails is rolled back, and stable answers what it has not: no request fails', async () => {
    const graph = await open(fails);
    const answers = await askUntil(graph, 'rolled_back');
    expect(answers.every(({ result, route }) => result === 'x' && route === 'router=stable')).toBe(true);
    const [move] = movesOf(graph).slice(-1);
    expect(move).toMatchObject({
      level: 'warn',
      fields: { weight: 0, reason: expect.stringMatching(/max_error_rate is 0.1/) },
    });
    const asked = graph.metrics.filter(({ dimensions }) => dimensions['arm'] === 'canary').length;
    for (let request = 0; request < 100; request += 1) await graph.ask('x');
    expect(graph.metrics.filter(({ dimensions }) => dimensions['arm'] === 'canary')).toHaveLength(asked);
  });

  it('fails no more than its share where stable is not asked instead', async () => {
    const graph = await open(fails, { on_error: 'fail', steps: [{ weight: 20, for_s: 0.1 }], seed: 1 });
    const answers = await askUntil(graph, 'rolled_back');
    const failed = answers.filter(({ result }) => result instanceof Error);
    expect(failed.length).toBeGreaterThan(0);
    // 45 % is far beyond a fifth by chance.
    expect(failed.length / answers.length).toBeLessThan(0.45);
    expect(failed.every(({ route }) => route === 'router=canary')).toBe(true);
  });

  it('is not to blame for what stable cannot answer either', async () => {
    const graph = await openGraph(router(), { old: fails, new: fails });
    await expect
      .poll(async () => (await Promise.all(Array.from({ length: 20 }, () => graph.ask('x'))), statusOf(graph)), PATIENT)
      .toBe('promoted');
  });

  it('that is too slow is rolled back', async () => {
    const slow: TestNode = (body) => new Promise((done) => void setTimeout(() => done(body), 30));
    const graph = await open(slow, { guards: { max_p99_ms: 20, min_requests: 20 } });
    await askUntil(graph, 'rolled_back');
    expect(movesOf(graph).at(-1)?.message).toMatch(/p99 is .* ms: max_p99_ms is 20/);
  });

  it('that hangs is rolled back after a few times what stable takes, or after its own time', async () => {
    const hangs: TestNode = (_, { timeoutMs = Infinity }) =>
      new Promise((_done, fail) => {
        if (timeoutMs < Infinity) setTimeout(() => fail(new PredictionError('too late', 504)), timeoutMs).unref();
      });
    const graph = await open(hangs, { canary_timeout_ms: 50 });
    const answers = await askUntil(graph, 'rolled_back');
    expect(answers.every(({ result }) => result === 'x')).toBe(true);
    const asked: (number | undefined)[] = [];
    const other = await open((body, { timeoutMs }) => (asked.push(timeoutMs), body), { seed: 1 });
    await askUntil(other, 'promoted');
    expect(asked[0]).toBeLessThanOrEqual(30_000);
    expect(asked.at(-1)).toBeLessThanOrEqual(5000);
  });

  it('waits until it can serve', async () => {
    let problem: string | undefined = 'not there';
    const nodes = { old: (body: unknown) => body, new: () => 'new' };
    const describeNode = (model: string) => (model === 'new' && problem !== undefined ? { problem } : {});
    const graph = await openGraph(router(), nodes, describeNode);
    expect(graph.problem()).toBeUndefined();
    for (let request = 0; request < 50; request += 1) expect((await graph.ask('x')).route).toBe('router=stable');
    problem = undefined;
    await askUntil(graph, 'promoted');
  });

  it('gives a user the same arm, and more users with a greater weight', async () => {
    const graph = await open(() => 'new', {
      steps: [{ weight: 30, for_s: 0.1 }],
      guards: { min_requests: 10_000 },
      sticky: { header: 'x-user' },
    });
    await expect.poll(() => statusOf(graph), PATIENT).toBe('running');
    const routes = async () => {
      const found: (string | undefined)[] = [];
      for (let user = 0; user < 40; user += 1) found.push((await graph.ask('x', { 'x-user': `${user}` })).route);
      return found;
    };
    const once = await routes();
    expect(new Set(once)).toEqual(new Set(['router=stable', 'router=canary']));
    expect(await routes()).toEqual(once);
  });
});

describe('golden requests', () => {
  const golden = [{ request: { instances: [1, 2] }, expect: { predictions: [1, 2] } }];

  it('that it does not answer well keep it from all requests', async () => {
    let asked = 0;
    const graph = await open((body) => ((asked += 1), Number(body) + 1), { golden });
    await askUntil(graph, 'rolled_back');
    expect(movesOf(graph)).toHaveLength(1);
    expect(movesOf(graph)[0]?.message).toMatch(/golden request 1 of 1: the canary answers \[2,3\], expected \[1,2\]/);
    expect(asked).toBe(2);
  });

  it('without an answer of their own are answered as stable does', async () => {
    const graph = await open((body) => body, { golden: [{ request: { instances: ['a'] } }] });
    const answers = await askUntil(graph, 'promoted');
    expect(answers.every(({ result }) => result === 'x')).toBe(true);
  });

  it('that stable does not answer well say nothing of it', async () => {
    const graph = await open((body) => body, {
      golden: [{ request: { instances: [1] }, expect: { predictions: [5] } }],
    });
    await expect.poll(() => movesOf(graph).length, PATIENT).toBe(1);
    expect(movesOf(graph)[0]?.message).toBe('canary "router" waits: golden request 1 of 1: stable answers [1] itself');
    expect((await graph.ask('x')).route).toBe('router=stable');
  });
});

describe('its state', () => {
  const stores: RecordedStore[] = [];
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  const openStore = () => {
    const store = new RecordedStore({
      model: 'g',
      maxAgeMs: 1e9,
      maxDecisions: 10,
      open: () => openDatabase(':memory:'),
    });
    stores.push(store);
    return store;
  };

  async function worker(store: Pick<RecordedStore, 'readDocument' | 'updateDocument'>, options: object = {}) {
    const lines: string[] = [];
    const logger = {
      debug() {},
      info: (line: string) => lines.push(line),
      warn: (line: string) => lines.push(line),
      error() {},
    };
    const fields = router(options);
    const keeper = new CanaryKeeper({
      config: readCanary(fields, { key: 'graph', name: 'router', arms: ['stable', 'canary'] }),
      golden: [],
      arms: { problem: () => undefined, ask: () => Promise.reject(new Error('nobody')) },
      context: { logger, metrics: { addGauge() {} } as never },
      store,
    });
    await keeper.start();
    return { keeper, lines };
  }
  const outcome = (error?: Error) => ({ ms: 1, error }) as never;
  const long = { steps: [{ weight: 20, for_s: 0.1 }] };

  it('is that of all workers together, and each move is told by one of them', async () => {
    const store = openStore();
    const workers = [await worker(store, long), await worker(store, long), await worker(store, long)];
    await expect.poll(() => workers.map(({ keeper }) => keeper.weight), PATIENT).toEqual([20, 20, 20]);
    for (const { keeper } of workers) keeper.count('canary', outcome(new Error('broken')));
    await expect.poll(() => workers.map(({ keeper }) => keeper.weight), PATIENT).toEqual([0, 0, 0]);
    const lines = workers.flatMap(({ lines: own }) => own);
    expect(lines).toHaveLength(2);
    expect(lines.at(-1)).toMatch(/rolled back.*3 of 3 requests failed/);
  });

  it('is moved on however quickly failures come', async () => {
    const { keeper } = await worker(openStore(), { steps: [{ weight: 20, for_s: 600 }] });
    const failing = setInterval(() => keeper.count('canary', outcome(new Error('broken'))), 1);
    await expect.poll(() => keeper.weight, PATIENT).toBe(0);
    clearInterval(failing);
  });

  it('is there when a worker begins anew, and is forgotten for another plan', async () => {
    const store = openStore();
    const { keeper } = await worker(store, long);
    await keeper.command('abort');
    const next = await worker(store, long);
    expect(next.keeper.report()).toMatchObject({ status: 'rolled_back', weight: 0 });
    const other = await worker(store, { steps: [{ weight: 30, for_s: 0.1 }] });
    expect(other.keeper.weight).toBe(30);
    await next.keeper.command('restart');
    await expect.poll(() => [keeper.weight, next.keeper.weight], PATIENT).toEqual([20, 20]);
  });

  it('is guarded by each worker for itself while the store is away, and then by all', async () => {
    const store = openStore();
    let isAway = false;
    const broken = (): Promise<never> => Promise.reject(new Error('away'));
    const { keeper } = await worker(
      {
        readDocument: (name) => (isAway ? broken() : store.readDocument(name)),
        updateDocument: (name, change) => (isAway ? broken() : store.updateDocument(name, change)),
      },
      long,
    );
    expect(keeper.weight).toBe(20);
    isAway = true;
    for (let request = 0; request < 3; request += 1) keeper.count('canary', outcome(new Error('broken')));
    await expect.poll(() => keeper.weight, PATIENT).toBe(0);
    await expect(keeper.command('pause')).rejects.toThrow('away');
    isAway = false;
    await expect.poll(() => keeper.report(), PATIENT).toMatchObject({ status: 'rolled_back' });
  });
});

it.each([
  ['other arms', { router: { stable: 'a', other: 'b' } }, /graph\.router must be the arms stable and canary/],
  ['the same twice', { router: { stable: 'a', canary: 'a' } }, /the same as stable and as canary/],
  [
    'weights that do not grow',
    { steps: [{ weight: 5 }, { weight: 5 }] },
    /graph\.steps\[1\]\.weight must be a number above 5/,
  ],
  ['a weight above 100', { steps: [{ weight: 101 }] }, /graph\.steps\[0\]\.weight must be a number from 0 to 100/],
  ['an unknown guard', { guards: { max_p50_ms: 1 } }, /unknown key graph\.guards\.max_p50_ms/],
  [
    'a golden request that is none',
    { golden: [{ expect: {} }] },
    /graph\.golden\[0\]\.expect must be an object with the list/,
  ],
  ['an unknown fallback', { on_error: 'retry' }, /graph\.on_error must be one of stable, fail/],
])('with %s is refused with the place', async (_, options, message) => {
  await expect(open(fails, options)).rejects.toThrow(message);
});
