/** What is in a batch where nobody said how many: requests whose rows are known to be independent, and nobody else's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { register, restart, start } from '../helpers/restart.ts';
import { isMetWithin } from '../helpers/within.ts';
import { workersOf } from '../helpers/workers.ts';

const WEIGHTS = [
  [1, 2],
  [3, -4],
];
const MODEL = matMulModel({ weights: WEIGHTS });
const OWN = `
  import { BaseHandler } from '@marserve/handlers';
  export default class Own extends BaseHandler {}
`;
/** More than twice as many as a worker is sent ahead. */
const REQUESTS = 40;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { models: '{"listed":{"1.0":{"batchSize":1}}}' },
    fill: async (store) => {
      await addArchive(store, { name: 'proven', model: MODEL });
      await addArchive(store, { name: 'asked', model: MODEL, config: 'base_handler:\n  stack: true\n' });
      await addArchive(store, { name: 'auto', model: MODEL, config: 'batchSize: auto\n' });
      await addArchive(store, { name: 'named', model: MODEL });
      await addArchive(store, { name: 'yaml', model: MODEL, config: 'batchSize: 1\n' });
      await addArchive(store, { name: 'listed', model: MODEL });
      await addArchive(store, { name: 'fixed', model: matMulModel({ weights: WEIGHTS, batch: 1 }) });
      await addArchive(store, { name: 'refused', model: MODEL, config: 'base_handler:\n  stack: false\n' });
      await addArchive(store, { name: 'own', source: OWN, model: MODEL });
      await addArchive(store, { name: 'echo', source: ECHO });
    },
  });
  await registerModels(daemon, ['proven', 'asked', 'auto', 'yaml', 'listed', 'fixed', 'refused', 'own', 'echo']);
  await registerModels(daemon, ['named'], 'batch_size=1');
});

afterAll(() => daemon.close());

const predict = (model: string, body: unknown) => sendJson(`${daemon.inference}/predictions/${model}`, body);

interface Described {
  readonly batchSize: number;
  readonly batchSizeIsAuto?: boolean;
  readonly jobQueueStatus: { readonly pendingRequests: number };
}

async function describeOf({ management }: Daemon, model: string): Promise<Described> {
  return (await send(`${management}/models/${model}`)).json<Described[]>()[0] as Described;
}

/** Requests that come while the worker is stopped: all those that are not on their way to it wait together. */
async function askTogether(model: string): Promise<unknown[]> {
  const pids = (await workersOf(daemon, model)).map(({ pid }) => pid as number);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const answers = Array.from({ length: REQUESTS }, (_, index) => predict(model, [index + 1, -index - 1]));
  const wait = async () => (await describeOf(daemon, model)).jobQueueStatus.pendingRequests > REQUESTS / 2;
  const areWaiting = await isMetWithin(20_000, wait);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  expect(areWaiting).toBe(true);
  return Promise.all(answers.map(async (answer) => (await answer).json<unknown>()));
}

/** How many requests a model has been asked, and in how many batches. */
async function counts(model: string): Promise<{ requests: number; batches: number }> {
  const { text } = await send(`${daemon.metrics}/metrics?name[]=marserve_batch_size`);
  const value = (suffix: string) =>
    Number(new RegExp(`marserve_batch_size_${suffix}\\{model_name="${model}"[^}]*\\} (\\d+)`).exec(text)?.[1]);
  return { requests: value('sum'), batches: value('count') };
}

const EXPECTED = Array.from({ length: REQUESTS }, (_, index) => [-2 * (index + 1), 6 * (index + 1)]);

describe('requests that come together', () => {
  it.each(['proven', 'asked', 'auto'])('share batches of the model %s, and have their own answers', async (model) => {
    // The first run of a model may take long.
    const haveShared = async () => {
      expect(await askTogether(model)).toEqual(EXPECTED);
      const { requests, batches } = await counts(model);
      return batches < requests / 2;
    };
    expect(await isMetWithin(30_000, haveShared)).toBe(true);
    expect(await describeOf(daemon, model)).toMatchObject({ batchSize: 32, batchSizeIsAuto: true });
  });

  it.each(['named', 'yaml', 'listed', 'fixed', 'refused', 'own', 'echo'])('never do of %s', async (model) => {
    for (let round = 0; round < 3; round += 1) {
      const answers = await askTogether(model);
      if (model !== 'echo') expect(answers).toEqual(EXPECTED);
    }
    expect(await counts(model)).toEqual({ requests: 3 * REQUESTS, batches: 3 * REQUESTS });
    const isAuto = ['fixed', 'refused', 'own', 'echo'].includes(model) ? true : undefined;
    const { batchSize, batchSizeIsAuto } = await describeOf(daemon, model);
    expect([batchSize, batchSizeIsAuto]).toEqual([1, isAuto]);
  });
});

it('what nobody said is found out again after a restart, and what somebody said is not', async () => {
  let latest = await start({ fill: (store) => addArchive(store, { name: 'm', model: MODEL }) });
  await register(latest, 'url=m.mar&initial_workers=1');
  await register(latest, 'url=m.mar&model_name=one&initial_workers=1&batch_size=1');
  const [m, one] = [{ batchSize: 32, batchSizeIsAuto: true }, { batchSize: 1 }];
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    latest = await restart(latest, signal);
    const now = async (name: string) => (await describeOf(latest, name)) as unknown;
    await expect.poll(() => now('m'), { timeout: 20_000 }).toMatchObject(m);
    await expect.poll(() => now('one'), { timeout: 20_000 }).toMatchObject(one);
    expect(await now('one')).not.toHaveProperty('batchSizeIsAuto');
  }
});
