/** Two servers whose experiments are in one PostgreSQL. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addOneModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { startPostgres, type Postgres } from '../helpers/postgres.ts';

const GRAPH = { router: { one: 'one', other: 'one/1.0' }, policy: 'epsilon_greedy', epsilon: 0 };

let postgres: Postgres;
let daemons: readonly Daemon[] = [];

async function start(): Promise<Daemon> {
  const daemon = await startDaemon({
    config: { experiment_store: postgres.url },
    fill: async (store) => {
      await addArchive(store, { name: 'one', model: addOneModel() });
      await addArchive(store, { name: 'shop', handler: 'graph', config: JSON.stringify({ graph: GRAPH }) });
    },
  });
  await registerModels(daemon, ['one', 'shop']);
  return daemon;
}

beforeAll(async () => {
  postgres = await startPostgres();
  daemons = await Promise.all([start(), start()]);
}, 120_000);

afterAll(async () => {
  await Promise.all(daemons.map((daemon) => daemon.close()));
  await postgres?.close();
});

const ask = ({ inference }: Daemon) => sendJson(`${inference}/v1/models/shop:predict`, { instances: [[1, 2]] });
const feedback = ({ inference }: Daemon, value: unknown) => sendJson(`${inference}/feedback/shop`, value);

it('learn together, and know the requests of each other', { timeout: 120_000 }, async () => {
  const [first, second] = daemons as [Daemon, Daemon];
  const { status, headers } = await ask(first);
  const id = headers.get('x-request-id');
  expect(status).toBe(200);
  // The first server writes its decision within a moment.
  await expect
    .poll(async () => (await feedback(second, { id, reward: 0 })).json()['outcome'], { timeout: 30_000 })
    .toMatch(/counted|repeated/);
  expect((await feedback(first, { id, reward: 0 })).json()).toMatchObject({ outcome: 'repeated' });
  expect((await feedback(second, { id: 'x', reward: 1, route: 'other' })).json()).toMatchObject({ outcome: 'counted' });
  const route = async () => (await ask(first)).headers.get('x-marserve-route');
  await expect.poll(route, { timeout: 30_000 }).toBe('router=other');
});

it('answer while the database is away, and keep rewards again when it is back', { timeout: 120_000 }, async () => {
  const [first] = daemons as [Daemon, Daemon];
  await postgres.stop();
  expect((await ask(first)).status).toBe(200);
  expect((await feedback(first, { id: 'y', reward: 1, route: 'other' })).status).toBe(503);
  expect((await ask(first)).status).toBe(200);
  expect((await send(`${first.management}/models/shop/experiment`)).text).toContain('"problem"');
  await postgres.start();
  const status = async () => (await feedback(first, { id: 'y', reward: 1, route: 'other' })).status;
  await expect.poll(status, { timeout: 30_000 }).toBe(200);
});
