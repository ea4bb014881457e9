import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp } from '../helpers/gate.ts';
import { put, remove, send } from '../helpers/http.ts';

let daemon: Daemon;
let models: string;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      for (const version of ['1.0', '2.0', '3.0']) {
        await addArchive(store, { name: `gate${version}`, version, source: GATE });
      }
      for (const name of ['echo', 'other', 'third']) await addArchive(store, { name, source: ECHO });
    },
  });
  models = `${daemon.management}/models`;
  await registerModels(daemon, ['gate1.0', 'gate2.0', 'gate3.0'], 'model_name=gate');
  await registerModels(daemon, ['echo', 'other', 'third'], 'initial_workers=0');
});

afterAll(() => daemon.close());

const predict = (name: string, body: string) =>
  send(`${daemon.inference}/predictions/${name}`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });

describe('the description of a model', () => {
  it('shows settings, workers and queue', async () => {
    const [description] = (await send(`${models}/gate`)).json<Record<string, unknown>[]>();
    expect(description).toMatchObject({
      modelName: 'gate',
      modelVersion: '1.0',
      modelUrl: 'gate1.0.mar',
      runtime: 'node',
      minWorkers: 1,
      maxWorkers: 1,
      batchSize: 1,
      loadedAtStartup: false,
      jobQueueStatus: { remainingCapacity: 100, pendingRequests: 0 },
    });
    const { workers: [worker] = [] } = description as { workers?: Record<string, unknown>[] };
    expect(worker).toMatchObject({ status: 'READY', gpu: false, gpuUsage: 'N/A' });
    expect(worker?.memoryUsage).toBeGreaterThan(1_000_000);
    process.kill(worker?.pid as number, 0);
  });

  it('shows one version, or all with the default first', async () => {
    const versions = async (suffix: string) =>
      (await send(`${models}/gate${suffix}`))
        .json<{ modelVersion: string }[]>()
        .map(({ modelVersion }) => modelVersion);
    expect(await versions('/2.0')).toEqual(['2.0']);
    expect(await versions('/all')).toEqual(['1.0', '2.0', '3.0']);
  });

  it('adds what the handler says of itself when it is asked to', async () => {
    const [description] = (await send(`${models}/gate?customized=true`)).json<Record<string, unknown>[]>();
    expect(description?.customizedMetadata).toEqual({ purpose: 'to be held up' });
    expect((await send(`${models}/echo?customized=true`)).status).toBe(503);
  });

  it('lists by name, in pages', async () => {
    const all = (await send(models))
      .json<{ models: { modelName: string }[] }>()
      .models.map(({ modelName }) => modelName);
    expect(all).toEqual(['echo', 'gate', 'other', 'third']);
    const page = (await send(`${models}?limit=2&next_page_token=1`)).json<{
      nextPageToken: string;
      models: unknown[];
    }>();
    expect(page.nextPageToken).toBe('3');
    expect(page.models).toEqual([
      { modelName: 'gate', modelUrl: 'gate1.0.mar' },
      { modelName: 'other', modelUrl: 'other.mar' },
    ]);
    expect((await send(`${models}?next_page_token=99`)).json()).toEqual({ models: [] });
  });

  it('knows which models and versions there are', async () => {
    expect((await send(`${models}/nobody`)).json()).toEqual({
      code: 404,
      type: 'ModelNotFoundException',
      message: 'Model not found: nobody',
    });
    expect((await send(`${models}/gate/9`)).json()).toMatchObject({
      type: 'ModelVersionNotFoundException',
      message: 'Model version: 9 does not exist for model: gate',
    });
  });
});

describe('scale', () => {
  it('answers at once, or when it is done', async () => {
    const later = await put(`${models}/echo?min_worker=1`);
    expect(later.status).toBe(202);
    expect(later.json()).toEqual({ status: 'Processing worker updates...' });
    expect((await put(`${models}/echo?min_worker=2&synchronous=true`)).json()).toEqual({
      status: 'Workers scaled to 2 for model: echo',
    });
    expect((await put(`${models}/echo/1.0?min_worker=1&max_worker=1&synchronous=true`)).json()).toEqual({
      status: 'Workers scaled to 1 for model: echo, version: 1.0',
    });
    const [description] = (await send(`${models}/echo`)).json<{ workers: unknown[] }[]>();
    expect(description?.workers).toHaveLength(1);
  });

  it('refuses what makes no sense', async () => {
    expect((await put(`${models}/echo?min_worker=2&max_worker=1`)).json()).toEqual({
      code: 400,
      type: 'BadRequestException',
      message: 'max_worker cannot be less than min_worker.',
    });
    expect((await put(`${models}/echo?min_worker=-1`)).status).toBe(400);
    expect((await put(`${models}/nobody?min_worker=1`)).status).toBe(404);
  });

  it('finishes what a worker is doing before it goes', async () => {
    await put(`${models}/gate/3.0?min_worker=2&max_worker=2&synchronous=true`);
    const running = [await holdUp(daemon, 'gate/3.0', 'wait'), await holdUp(daemon, 'gate/3.0', 'wait')];
    const scaled = put(`${models}/gate/3.0?min_worker=0&synchronous=true`);
    await expect.poll(async () => (await send(`${models}/gate/3.0`)).json()).toMatchObject([{ minWorkers: 0 }]);
    expect((await predict('gate/3.0', 'x')).status).toBe(503);
    for (const { answer, letGo } of running) {
      await letGo();
      expect((await answer).status).toBe(200);
    }
    expect((await scaled).status).toBe(200);
    expect((await predict('gate/3.0', 'x')).status).toBe(503);
  });
});

describe('the default version', () => {
  it('changes from one moment to the next', async () => {
    const answer = await put(`${models}/gate/2.0/set-default`);
    expect(answer.json()).toEqual({ status: 'Default version successfully updated for model "gate" to "2.0"' });
    const [description] = (await send(`${models}/gate`)).json<{ modelVersion: string }[]>();
    expect(description?.modelVersion).toBe('2.0');
  });

  it('must exist', async () => {
    expect((await put(`${models}/gate/9/set-default`)).json()).toMatchObject({
      code: 404,
      message: 'Model version 9 does not exist for model gate',
    });
    expect((await put(`${models}/nobody/1/set-default`)).json()).toMatchObject({
      code: 404,
      message: 'Model not found: nobody',
    });
  });
});

describe('unregister', () => {
  it('protects the default version while there are others', async () => {
    const answer = await remove(`${models}/gate/2.0`);
    expect(answer.json()).toEqual({
      code: 403,
      type: 'InvalidModelVersionException',
      message: 'Cannot remove default version for model gate',
    });
  });

  it('finishes requests in flight, and forgets the version', async () => {
    const { answer, letGo } = await holdUp(daemon, 'gate/1.0', 'wait');
    const removed = remove(`${models}/gate/1.0`);
    await expect.poll(async () => (await send(`${models}/gate/1.0`)).status).toBe(404);
    await letGo();
    expect((await answer).status).toBe(200);
    expect((await removed).json()).toEqual({ status: 'Model "gate" unregistered' });
    expect((await predict('gate/1.0', 'x')).status).toBe(404);
  });

  it('says what it does not know', async () => {
    expect((await remove(`${models}/nobody`)).json()).toMatchObject({ code: 404, message: 'Model not found: nobody' });
    expect((await remove(`${models}/gate/9`)).json()).toMatchObject({
      code: 404,
      message: 'Model version: 9 does not exist for model: gate',
    });
  });
});
