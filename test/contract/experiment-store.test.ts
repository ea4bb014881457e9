import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../packages/handlers/src/experiment/open-database.ts';
import { Client } from 'pg';
import { startPostgres, type Postgres } from '../helpers/postgres.ts';
import { RecordedStore } from '../../packages/handlers/src/experiment/recorded-store.ts';

/** Stores of one place, as the workers of a server have them. */
type OpenStore = (model?: string) => RecordedStore;

let postgres: Postgres | undefined;

/** One for all tests of the file. */
async function thePostgres(): Promise<Postgres> {
  postgres ??= await startPostgres();
  return postgres;
}

afterAll(() => postgres?.close());

/** Places for experiments, and what is opened for them. */
const KINDS = {
  async SQLite() {
    const folder = await mkdtemp(path.join(tmpdir(), 'experiments-'));
    return {
      placeOf: (name: string) => path.join(folder, 'new', `${name}.sqlite`),
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
  async PostgreSQL() {
    const { url } = await thePostgres();
    const client = new Client(url);
    await client.connect();
    await client.query('CREATE DATABASE expiring');
    await client.end();
    return {
      placeOf: (name: string) => url.replace(/[^/]*$/, name === 'shared' ? 'postgres' : name),
      close: () => Promise.resolve(),
    };
  },
};

describe.each(Object.entries(KINDS))('a store of experiments in %s', (_, openKind) => {
  let kind: Awaited<ReturnType<typeof openKind>>;
  let opened: RecordedStore[] = [];
  let place = '';
  let count = 0;

  beforeAll(async () => {
    kind = await openKind();
    place = kind.placeOf('shared');
  }, 60_000);
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
  });
  afterAll(async () => {
    await kind.close();
  });

  const openStore: OpenStore = (model = `model-${(count += 1)}`) => {
    const store = new RecordedStore({
      model,
      maxAgeMs: 3_600_000,
      maxDecisions: 100,
      open: () => openDatabase(place),
    });
    opened.push(store);
    return store;
  };

  it('keeps a document, which a second worker changes as it is then', async () => {
    const [one, other] = [openStore('shared'), openStore('shared')];
    expect(await one.readDocument('ab')).toBeUndefined();
    expect(await one.updateDocument('ab', (old) => ({ old: old ?? null, step: 1 }))).toEqual({ old: null, step: 1 });
    await other.updateDocument('ab', (old) => ({ ...(old as object), step: 2 }));
    expect(await one.readDocument('ab')).toEqual({ old: null, step: 2 });
    expect(await one.readDocument('other')).toBeUndefined();
    expect(await openStore().readDocument('ab')).toBeUndefined();
  });

  it('loses no change where several change a document at once', async () => {
    const stores = [openStore('counter'), openStore('counter'), openStore('counter')];
    const add = (store: RecordedStore) => store.updateDocument('ab', (old) => (typeof old === 'number' ? old : 0) + 1);
    await Promise.all(Array.from({ length: 20 }, () => stores.map(add)).flat());
    expect(await openStore('counter').readDocument('ab')).toBe(60);
  });

  it('changes nothing where the change throws, and throws just that', async () => {
    const store = openStore();
    await store.updateDocument('ab', () => 1);
    const thrown = new TypeError('no');
    const change = store.updateDocument('ab', () => {
      throw thrown;
    });
    await expect(change).rejects.toBe(thrown);
    expect(await store.readDocument('ab')).toBe(1);
    expect(store.problem).toBeUndefined();
  });

  it('counts decisions at once, and for the others within a moment', async () => {
    const [one, other] = [openStore('decided'), openStore('decided')];
    for (let index = 0; index < 250; index += 1) {
      one.noteDecision('ab', { request: `r${index}`, arm: index % 5 === 0 ? 'a' : 'b' });
    }
    const expected = [
      { arm: 'a', requests: 50, rewards: 0, sum: 0, squares: 0, binary: 0 },
      { arm: 'b', requests: 200, rewards: 0, sum: 0, squares: 0, binary: 0 },
    ];
    expect(await one.readArms('ab')).toEqual(expected);
    await expect.poll(() => other.readArms('ab'), { timeout: 30_000 }).toEqual(expected);
  });

  it('gives the reward of a request to the arm that answered it, whichever worker is told', async () => {
    const [one, other] = [openStore('rewarded'), openStore('rewarded')];
    one.noteDecision('ab', { request: 'r1', arm: 'a', items: 2 });
    one.noteDecision('ab', { request: 'r2', arm: 'b' });
    expect(await other.addFeedback([{ request: 'r1', rewards: [1, 0] }])).toEqual([
      { kind: 'counted', route: { ab: 'a' } },
    ]);
    expect(await one.addFeedback([{ request: 'r2', rewards: [0.5] }])).toEqual([
      { kind: 'counted', route: { ab: 'b' } },
    ]);
    expect(await one.readArms('ab')).toEqual([
      { arm: 'a', requests: 1, rewards: 2, sum: 1, squares: 1, binary: 2 },
      { arm: 'b', requests: 1, rewards: 1, sum: 0.5, squares: 0.25, binary: 0 },
    ]);
  });

  it('counts a feedback once, by the request or by its own name', async () => {
    const store = openStore();
    store.noteDecision('ab', { request: 'r1', arm: 'a' });
    const kinds = async (...feedback: Parameters<typeof store.addFeedback>[0]) =>
      (await store.addFeedback(feedback)).map(({ kind }) => kind);
    const [click, order] = [
      { request: 'r1', rewards: [1], id: 'click' },
      { request: 'r1', rewards: [1], id: 'order' },
    ];
    expect(await kinds({ request: 'r1', rewards: [1] }, { request: 'r1', rewards: [1] })).toEqual([
      'counted',
      'repeated',
    ]);
    expect(await kinds({ request: 'r1', rewards: [1] }, click, order, click)).toEqual([
      'repeated',
      'counted',
      'counted',
      'repeated',
    ]);
    expect(await store.readArms('ab')).toMatchObject([{ arm: 'a', requests: 1, rewards: 3 }]);
  });

  it('has a policy learn from what counts, in its order, once, with what it went by', async () => {
    const [one, other] = [openStore('learning'), openStore('learning')];
    one.noteDecision('ab', { request: 'r1', arm: 'a', features: '{"x":[1,2]}' });
    one.noteDecision('ab', { request: 'r2', arm: 'b' });
    await expect.poll(async () => (await other.readArms('ab')).length).toBe(2);
    const told: unknown[] = [];
    const learner = (document: unknown, counted: readonly unknown[]) => {
      told.push(...counted);
      return Number(document ?? 0) + counted.length;
    };
    const learners = new Map([['ab', learner]]);
    const [first, second] = [
      { request: 'r1', rewards: [1] },
      { request: 'r2', rewards: [0] },
    ];
    await other.addFeedback([first, second, first, { request: 'nobody', rewards: [1] }], learners);
    await one.addFeedback([first], learners);
    await one.addFeedback([{ rewards: [5], route: { ab: 'a' } }], learners);
    expect(told).toEqual([
      { requestId: 'r1', arm: 'a', rewards: [1], features: { x: [1, 2] } },
      { requestId: 'r2', arm: 'b', rewards: [0] },
      { arm: 'a', rewards: [5] },
    ]);
    expect((await one.readState('ab')).document).toBe(3);
    await expect.poll(async () => (await other.readState('ab')).document).toBe(3);
  });

  it('loses nothing that is learned at several places at once', async () => {
    const stores = [openStore('together'), openStore('together'), openStore('together')];
    const learners = new Map([['ab', (document: unknown) => Number(document ?? 0) + 1]]);
    const learn = (store: RecordedStore) => store.addFeedback([{ rewards: [1], route: { ab: 'a' } }], learners);
    await Promise.all(Array.from({ length: 10 }, () => stores.map(learn)).flat());
    expect(await openStore('together').readDocument('ab')).toBe(30);
  });

  it('takes the route of a request that it does not know, and no other arm for one that it knows', async () => {
    const store = openStore();
    store.noteDecision('ab', { request: 'r1', arm: 'a' });
    const outcomes = await store.addFeedback([
      { request: 'r0', rewards: [1] },
      { request: 'r0', rewards: [1], route: { ab: 'b' } },
      { request: 'r0', rewards: [1], route: { ab: 'b' } },
      { rewards: [1], route: { ab: 'b' } },
      { request: 'r1', rewards: [1], route: { ab: 'b' } },
      {
        request: 'r1',
        rewards: [7],
        problem: (experiment, rewards, items) => `${experiment} ${String(rewards)} ${items}`,
      },
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'unknown',
      'counted',
      'repeated',
      'counted',
      'refused',
      'refused',
    ]);
    expect(outcomes[4]).toMatchObject({ problem: expect.stringContaining('"r1" was answered by "a"') as string });
    expect(outcomes[5]).toMatchObject({ problem: 'ab 7 1' });
    expect(await store.readArms('ab')).toMatchObject([
      { arm: 'a', rewards: 0 },
      { arm: 'b', rewards: 2 },
    ]);
  });

  it('rewards an experiment of a model that it asks for the same request, and of no other', async () => {
    const [outer, inner, other] = [openStore('outer'), openStore('inner'), openStore('stranger')];
    outer.noteDecision('ab', { request: 'nested', arm: 'a' });
    inner.noteDecision('cd', { request: 'nested', arm: 'c' });
    other.noteDecision('ef', { request: 'nested', arm: 'e' });
    await expect.poll(async () => (await outer.readArms('ab')).length, { timeout: 30_000 }).toBe(1);
    await Promise.all([inner.readDocument('cd'), other.readDocument('ef')]);
    const [outcome] = await outer.addFeedback([{ request: 'nested', rewards: [1], nested: ['inner'] }]);
    expect(outcome).toMatchObject({ kind: 'counted', route: { ab: 'a' } });
    expect(await other.readArms('ef')).toMatchObject([{ rewards: 0 }]);
  });

  it('forgets the oldest decisions, and all of an experiment that is reset', async () => {
    place = kind.placeOf('expiring');
    const database = await openDatabase(place);
    const at = Date.now();
    const decisions = Array.from({ length: 30 }, (_, index) => ({
      experiment: 'old/ab',
      request: `r${index}`,
      arm: 'a',
      at: at - 1000 * (30 - index),
    }));
    await database.addDecisions(decisions);
    await database.expire({ since: at - 10_500, most: 1000 });
    const store = openStore('old');
    const kinds = async (...requests: string[]) =>
      (await store.addFeedback(requests.map((request) => ({ request, rewards: [1] })))).map(({ kind }) => kind);
    expect(await kinds('r19', 'r20', 'r29')).toEqual(['unknown', 'counted', 'counted']);
    await database.expire({ since: 0, most: 5 });
    expect(await kinds('r21', 'r28')).toEqual(['unknown', 'counted']);
    await store.reset('ab');
    expect(await kinds('r27')).toEqual(['unknown']);
    expect(await store.readArms('ab')).toEqual([]);
    await database.close();
  });

  it('does not count decisions again that were written by a try which seemed to fail', async () => {
    const database = await openDatabase(place);
    const decisions = [
      { experiment: 'again/ab', request: 'same', arm: 'a', at: 1 },
      { experiment: 'again/ab', request: 'same', arm: 'b', at: 2 },
      { experiment: 'again/ab', request: 'r1', arm: 'a', at: 2 },
    ];
    await database.addDecisions(decisions);
    await database.addDecisions(decisions);
    expect((await database.readState('again/ab')).arms).toMatchObject([
      { arm: 'a', requests: 2 },
      { arm: 'b', requests: 1 },
    ]);
    await database.close();
  });
});

describe('a store that is away for a while', () => {
  it('counts what was decided meanwhile when PostgreSQL comes back', { timeout: 60_000 }, async () => {
    const server = await thePostgres();
    const store = new RecordedStore({
      model: 'returning',
      maxAgeMs: 3_600_000,
      maxDecisions: 100,
      open: () => openDatabase(server.url),
    });
    try {
      store.noteDecision('ab', { request: 'r1', arm: 'a' });
      expect(await store.addFeedback([{ request: 'r1', rewards: [1] }])).toMatchObject([{ kind: 'counted' }]);
      expect(await store.readArms('ab')).toMatchObject([{ arm: 'a', requests: 1, rewards: 1 }]);
      await server.stop();
      store.noteDecision('ab', { request: 'r2', arm: 'b' });
      await expect(store.addFeedback([{ request: 'r2', rewards: [1] }])).rejects.toMatchObject({ status: 503 });
      expect(await store.readArms('ab')).toMatchObject([{ arm: 'a' }, { arm: 'b', requests: 1 }]);
      await server.start();
      const again = () => store.addFeedback([{ request: 'r2', rewards: [1] }]).catch(() => []);
      await expect.poll(again, { timeout: 30_000 }).toMatchObject([{ kind: 'counted', route: { ab: 'b' } }]);
      expect(store.problem).toBeUndefined();
    } finally {
      await store.close();
    }
  });
});
