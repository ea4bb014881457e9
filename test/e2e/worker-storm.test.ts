/** Many workers at once: they start a few at a time, and there are no more than there may be. */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, put, send, sendJson, type Answer } from '../helpers/http.ts';
import { repeatUntil } from '../helpers/within.ts';
import { workersOf } from '../helpers/workers.ts';

const AT_ONCE = Math.max(2, availableParallelism());

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { max_workers_per_model: 20, max_workers_total: 26 },
    fill: async (store) => {
      for (const name of ['good', 'many', 'other']) await addArchive(store, { name, source: ECHO });
    },
  });
  await registerModels(daemon, ['good']);
});

afterAll(() => daemon.close());

const register = (name: string, query: string) => post(`${daemon.management}/models?url=${name}.mar&${query}`);

function expectRefusal({ status, text }: Answer, reason: string): void {
  expect(status).toBe(400);
  expect(text).toContain(reason);
  expect(text).toContain('raise it in config.properties');
}

describe('many workers', () => {
  it('start a few at a time, while others answer', async () => {
    const registered = register('many', 'initial_workers=20');
    const startedAtOnce: number[] = [];
    await repeatUntil(registered, 20, async () => {
      const workers = await workersOf(daemon, 'many').catch(() => []);
      startedAtOnce.push(workers.filter(({ status, pid }) => status === 'LOADING' && pid !== undefined).length);
      expect((await sendJson(`${daemon.inference}/predictions/good`, [1])).text).toBe('[1]');
    });
    expect((await registered).status).toBe(200);
    expect(Math.max(...startedAtOnce)).toBeLessThanOrEqual(AT_ONCE);
    expect(startedAtOnce.filter((count) => count > 0).length).toBeGreaterThan(2);
    expect((await workersOf(daemon, 'many')).map(({ status }) => status)).toEqual(Array(20).fill('READY'));
  });

  it('are ended before they have started, when nobody wants them any more', async () => {
    await put(`${daemon.management}/models/many?min_worker=1&synchronous=true`);
    await expect.poll(() => workersOf(daemon, 'many')).toHaveLength(1);
    await put(`${daemon.management}/models/many?min_worker=20`);
    await put(`${daemon.management}/models/many?min_worker=1`);
    await expect.poll(() => workersOf(daemon, 'many')).toHaveLength(1);
    expect((await sendJson(`${daemon.inference}/predictions/many`, [1])).text).toBe('[1]');
  });

  it('are refused beyond max_workers_per_model, in a registration and in a scaling', async () => {
    expectRefusal(await register('other', 'initial_workers=21'), 'cannot have 21 workers: max_workers_per_model is 20');
    expect((await send(`${daemon.management}/models/other`)).status).toBe(404);
    const scaling = put(`${daemon.management}/models/many?min_worker=1&max_worker=1000`);
    expectRefusal(await scaling, 'cannot have 1000 workers: max_workers_per_model is 20');
    expect(await workersOf(daemon, 'many')).toHaveLength(1);
  });

  it('are refused beyond max_workers_total', async () => {
    expect((await put(`${daemon.management}/models/many?min_worker=15&synchronous=true`)).status).toBe(200);
    expectRefusal(
      await register('other', 'initial_workers=11'),
      'cannot have 11 workers: max_workers_total is 26, and other models have 16',
    );
    expect((await register('other', 'initial_workers=10')).status).toBe(200);
    expectRefusal(await put(`${daemon.management}/models/good?min_worker=2`), 'max_workers_total is 26');
  });
});

describe('many models at the start', () => {
  it('share the workers that there may be', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `model-${index}`);
    const crowded = await startDaemon({
      config: { max_workers_total: 10, load_models: 'all' },
      fill: async (store) => {
        for (const name of names) await addArchive(store, { name, source: ECHO });
      },
    });
    for (const name of names) {
      await expect.poll(async () => (await workersOf(crowded, name)).map(({ status }) => status)).toEqual(['READY']);
    }
    await crowded.close();
  });
});
