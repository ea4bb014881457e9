import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { whenTold } from '../fixtures/when-told.ts';
import { addArchive } from '../helpers/archives.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { post, put, remove, send } from '../helpers/http.ts';
import { NEVER, predict, restart, start } from '../helpers/restart.ts';
import { workersOf } from '../helpers/workers.ts';

const FAILING = `export default class Failing { initialize() { throw new Error('no labels'); } handle(data) { return data; } }`;

interface Report {
  readonly status: string;
  readonly models: readonly { modelName?: string; archive?: string; state: string; reason?: string }[];
}

/** What all probes say; they must agree. */
async function probe({ inference, management }: Daemon) {
  const [ping, ready, live, managed] = await Promise.all(
    [`${inference}/ping`, `${inference}/ready`, `${inference}/live`, `${management}/ready`].map((url) => send(url)),
  );
  const { models } = ready?.json<Report>() ?? { models: [] };
  return {
    statuses: [ping?.status, ready?.status, live?.status, managed?.status],
    states: Object.fromEntries(models.map(({ modelName, archive, state }) => [modelName ?? archive, state])),
    reasons: models.flatMap(({ reason }) => reason ?? []).join('; '),
  };
}

const READY = [200, 200, 200, 200];
const NOT_READY = [500, 503, 200, 503];
const touch = ({ root }: Daemon, name: string) => writeFile(path.join(root, name), '');

describe('a server that starts', () => {
  it('is ready without models', async () => {
    expect(await probe(await start())).toEqual({ statuses: READY, states: {}, reasons: '' });
  });

  it('is alive and not ready while the workers of a model start', async () => {
    const daemon = await start({
      config: { load_models: 'slow.mar,echo.mar', default_workers_per_model: 1 },
      fill: async (store) => {
        await addArchive(store, { name: 'slow', source: whenTold(store) });
        await addArchive(store, { name: 'echo', source: ECHO });
      },
    });
    await expect.poll(async () => (await probe(daemon)).states).toEqual({ slow: 'starting', echo: 'ready' });
    expect(await probe(daemon)).toMatchObject({ statuses: NOT_READY, reasons: '0 of 1 workers are ready' });
    await touch(daemon, 'go');
    await expect.poll(() => probe(daemon)).toMatchObject({ statuses: READY, states: { slow: 'ready' } });
  });

  it('says 503 and when to try again, not 404, while it loads archives', async () => {
    const site = await slowSite();
    const daemon = await start({
      startedWith: 'listening',
      config: {
        load_models: `late=${site.url}/late.mar,echo.mar`,
        allowed_urls: 'http://127.*',
        default_workers_per_model: 1,
      },
      fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
    });
    for (const model of ['late', 'echo', 'late/1.0']) {
      const answer = await send(`${daemon.inference}/predictions/${model}`, { method: 'POST', body: 'x' });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.text).toContain('the server is starting and loads its models (2 to go)');
    }
    expect(await probe(daemon)).toMatchObject({
      statuses: NOT_READY,
      states: { late: 'starting', 'echo.mar': 'starting' },
    });
    site.answer(await readFile(path.join(daemon.store, 'echo.mar')));
    await expect.poll(async () => (await probe(daemon)).statuses).toEqual(READY);
    expect(await predict(daemon, 'late')).toBe('x');
    expect((await send(`${daemon.inference}/predictions/nobody`, { method: 'POST', body: 'x' })).status).toBe(404);
  });

  it('stops when it is told to, although an archive does not come', async () => {
    const site = await slowSite();
    const config = { load_models: `${site.url}/late.mar`, allowed_urls: 'http://127.*' };
    const daemon = await start({ startedWith: 'listening', config });
    expect(await daemon.end()).toBe(0);
    expect(daemon.output()).not.toContain('Model server started.');
  });
});

describe('a model of the start that is damaged', () => {
  const damages: [string, (store: string) => Promise<unknown>, string, string][] = [
    ['is no archive', (store) => writeFile(path.join(store, 'bad.mar'), 'not a zip'), 'bad.mar', 'bad.mar'],
    ['is missing', () => Promise.resolve(), 'bad.mar', 'Model not found at: bad.mar'],
    ['has a handler that fails', (store) => addArchive(store, { name: 'bad', source: FAILING }), 'bad', 'no labels'],
    [
      'answers wrongly',
      (store) =>
        addArchive(store, {
          name: 'bad',
          source: ECHO,
          golden: [{ name: 'g', request: { text: 'a' }, expect: { text: 'b' } }],
        }),
      'bad',
      'golden request "g"',
    ],
  ];

  it.each(damages)('keeps the server from being ready, by name, when it %s', async (_, damage, label, reason) => {
    const daemon = await start({
      config: { load_models: 'bad.mar,echo.mar', default_workers_per_model: 1 },
      fill: async (store) => {
        await addArchive(store, { name: 'echo', source: ECHO });
        await damage(store);
      },
    });
    const states = { [label]: 'failed', echo: 'ready' };
    await expect.poll(async () => (await probe(daemon)).states).toEqual(states);
    const said = await probe(daemon);
    expect(said).toMatchObject({ statuses: NOT_READY });
    expect(said.reasons).toContain(reason);
    expect(await predict(daemon, 'echo')).toBe('x');
    expect((await send(`${daemon.inference}/predictions/bad`, { method: 'POST', body: 'x' })).status).toBe(503);

    expect((await remove(`${daemon.management}/models/bad`)).status).toBe(200);
    expect(await probe(daemon)).toMatchObject({ statuses: READY, states: { echo: 'ready' } });
    expect((await remove(`${daemon.management}/models/bad`)).status).toBe(404);
  });

  it('is made good by a registration', async () => {
    const daemon = await start({ config: { load_models: 'bad.mar' } });
    expect((await probe(daemon)).statuses).toEqual(NOT_READY);
    await addArchive(daemon.store, { name: 'bad', source: ECHO });
    expect((await post(`${daemon.management}/models?url=bad.mar&initial_workers=1`)).status).toBe(200);
    expect(await probe(daemon)).toMatchObject({ statuses: READY, states: { bad: 'ready' } });
  });

  it('is tried again at the next start, until it is given up', async () => {
    const options = { config: { load_models: 'bad.mar', default_workers_per_model: 1 } };
    const first = await start(options);
    const second = await restart(first, 'SIGTERM', options);
    expect(await probe(second)).toMatchObject({ statuses: NOT_READY, states: { 'bad.mar': 'failed' } });
    await remove(`${second.management}/models/bad`);
    const third = await restart(second, 'SIGTERM', options);
    expect(await probe(third)).toMatchObject({ statuses: READY, states: {} });
  });

  it('that was restored keeps the server from being ready too', async () => {
    const first = await start({ fill: (store) => addArchive(store, { name: 'm', source: ECHO }) });
    await post(`${first.management}/models?url=m.mar&initial_workers=1`);
    await rm(path.join(first.store, 'm.mar'));
    const second = await restart(first, 'SIGKILL');
    expect(await probe(second)).toMatchObject({ statuses: NOT_READY, states: { m: 'failed' } });
    await remove(`${second.management}/models/m`);
    expect((await probe(second)).statuses).toEqual(READY);
  });
});

describe('a model that is registered while others serve', () => {
  it('does not take the server out of service before it was ready once, and does when its workers are gone', async () => {
    const daemon = await start({ fill: (store) => addArchive(store, { name: 'm', source: whenTold(store) }) });
    expect((await post(`${daemon.management}/models?url=m.mar&initial_workers=1&synchronous=false`)).status).toBe(202);
    expect(await probe(daemon)).toMatchObject({ statuses: READY, states: { m: 'starting' } });
    await touch(daemon, 'go');
    await expect.poll(async () => (await probe(daemon)).states).toEqual({ m: 'ready' });

    await rm(path.join(daemon.root, 'go'));
    const [worker] = await workersOf(daemon, 'm');
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    await expect.poll(async () => (await probe(daemon)).statuses).toEqual(NOT_READY);
    expect((await probe(daemon)).reasons).toContain('0 of 1 workers are ready: its process was killed by SIGKILL');
    await touch(daemon, 'go');
    await expect.poll(async () => (await probe(daemon)).statuses).toEqual(READY);
  });
});

describe('a synchronous scaling', () => {
  const fill = (store: string) => addArchive(store, { name: 'm', source: whenTold(store) });
  const scale = ({ management }: Daemon, query: string) => put(`${management}/models/m?${query}&synchronous=true`);

  it('waits for workers that somebody else has started', async () => {
    const daemon = await start({ fill, config: { load_models: 'm.mar', default_workers_per_model: 1 } });
    const waiting = [scale(daemon, 'min_worker=1'), scale(daemon, 'min_worker=1&max_worker=2')];
    await expect(Promise.race([...waiting, settledLater(daemon)])).resolves.toBe('not yet');
    await touch(daemon, 'go');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect(await workersOf(daemon, 'm')).toMatchObject([{ status: 'READY' }]);
  });

  it.each(['load_models', 'a scaling'])('is 500 with the reason when the workers of %s fail', async (origin) => {
    const isOfStart = origin === 'load_models';
    const daemon = await start({
      fill,
      ...(isOfStart && { config: { load_models: 'm.mar', default_workers_per_model: 1 } }),
    });
    if (!isOfStart) await post(`${daemon.management}/models?url=m.mar`);
    await touch(daemon, 'stop');
    if (isOfStart) await daemon.line('told to stop');
    const answer = await scale(daemon, 'min_worker=1');
    expect(answer.status).toBe(500);
    expect(answer.text).toContain('told to stop');
    const [described] = (await send(`${daemon.management}/models/m`)).json<Record<string, unknown>[]>();
    expect(described).toMatchObject({ minWorkers: isOfStart ? 1 : 0, maxWorkers: isOfStart ? 1 : 0 });
    await rm(path.join(daemon.root, 'stop'));
    await touch(daemon, 'go');
    expect((await scale(daemon, 'min_worker=2')).status).toBe(200);
    expect(await workersOf(daemon, 'm')).toMatchObject([{ status: 'READY' }, { status: 'READY' }]);
  });

  it('that fails leaves the number as it was, after a restart too', async () => {
    const daemon = await start({ fill });
    await touch(daemon, 'go');
    await post(`${daemon.management}/models?url=m.mar&initial_workers=1`);
    await rm(path.join(daemon.root, 'go'));
    await touch(daemon, 'stop');
    for (const mode of ['true', 'false']) {
      const answer = await put(`${daemon.management}/models/m?min_worker=3&synchronous=${mode}`);
      expect(answer.status).toBe(mode === 'true' ? 500 : 202);
      const state = async () => (await send(`${daemon.management}/models/m`)).json<Record<string, unknown>[]>()[0];
      await expect.poll(state).toMatchObject({ minWorkers: 1, maxWorkers: 1, workers: [{ status: 'READY' }] });
      expect((await probe(daemon)).statuses).toEqual(READY);
    }
    await rm(path.join(daemon.root, 'stop'));
    await touch(daemon, 'go');
    const next = await restart(daemon, 'SIGKILL');
    await expect.poll(async () => (await probe(next)).statuses).toEqual(READY);
    expect(await workersOf(next, 'm')).toHaveLength(1);
  });

  it('is 500 when its workers are given up before they are ready', async () => {
    const daemon = await start({ fill: (store) => addArchive(store, { name: 'm', source: NEVER }) });
    await post(`${daemon.management}/models?url=m.mar`);
    const waiting = scale(daemon, 'min_worker=1');
    await expect.poll(async () => (await workersOf(daemon, 'm')).length).toBe(1);
    await remove(`${daemon.management}/models/m`);
    expect((await waiting).status).toBe(500);
  });
});

/** Resolves with `not yet` when the daemon has answered twenty other requests. */
async function settledLater(daemon: Daemon): Promise<string> {
  for (let request = 0; request < 20; request += 1) await workersOf(daemon, 'm');
  return 'not yet';
}

/** A site that keeps who asks waiting, until there is something to answer. */
async function slowSite() {
  const waiting: ServerResponse[] = [];
  let content: Buffer | undefined;
  const server = createServer((_, response) => {
    if (content === undefined) waiting.push(response);
    else response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer(body: Buffer) {
      content = body;
      for (const response of waiting) response.end(body);
    },
  };
}
