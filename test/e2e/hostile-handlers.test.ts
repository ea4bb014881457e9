import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { HOSTILE } from '../fixtures/handlers.ts';
import { whenTold } from '../fixtures/when-told.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import { post, put, remove, send, type Answer } from '../helpers/http.ts';
import { isAlive } from '../helpers/processes.ts';
import { NEVER } from '../helpers/restart.ts';
import { workersOf } from '../helpers/workers.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { max_retry_timeout_in_sec: 3600 },
    fill: async (store) => {
      await addArchive(store, { name: 'hostile', source: HOSTILE });
      await addArchive(store, { name: 'gate', source: GATE });
      await addArchive(store, { name: 'late', source: whenTold(store) });
      await addArchive(store, { name: 'contested', source: NEVER });
    },
  });
});

afterAll(() => daemon.close());

async function withHostile(harm: string): Promise<Answer> {
  await registerModels(daemon, ['hostile'], 'response_timeout=10');
  return ask('hostile', harm);
}

const ask = (name: string, body: string) =>
  send(`${daemon.inference}/predictions/${name}`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });

describe('a handler that does harm', () => {
  afterEach(async () => {
    expect((await ask('hostile', 'nothing')).text).toBe('fine');
    await remove(`${daemon.management}/models/hostile`);
  });

  it.each([
    ['trailer', 503, 'Trailer'],
    ['status', 500, 'odd'],
    ['long error', 503, 'Prediction failed: xxx'],
    ['no prototype', 503, 'cannot be read'],
    ['throwing message', 503, 'cannot be read'],
    ['proxy', 503, 'gotcha'],
    ['getter', 503, 'gotcha'],
    ['circular', 503, 'circular'],
    ['function', 503, ''],
  ])('with "%s" fails its own request alone, and keeps its worker', async (harm, status, text) => {
    const answer = await withHostile(harm);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  it.each(['logs', 'long log', 'samples', 'megabytes', 'grandchild'])('with "%s" does none', async (harm) => {
    expect((await withHostile(harm)).status).toBe(200);
  });

  it.each(['close the wire', 'garbage on the wire', 'unhandled rejection'])(
    'with "%s" ends its worker, and another takes over',
    async (harm) => {
      const answer = await withHostile(harm);
      expect(answer.status).toBe(500);
      expect(answer.text).toContain('Worker died');
    },
  );
});

describe('what a worker said before it died', () => {
  it('is not told to the client of the request that died with it', async () => {
    await registerModels(daemon, ['hostile']);
    const answer = await ask('hostile', 'unhandled rejection');
    expect(answer.json()).toMatchObject({
      message:
        'Worker died: its process exited with code 1. ' +
        '2 workers died over this request, the last two with this request alone.',
    });
    await daemon.line('nobody cares');
    await remove(`${daemon.management}/models/hostile`);
  });
});

describe('a worker that dies while it is no longer wanted', () => {
  it('is gone for good: its model unregistered', async () => {
    await registerModels(daemon, ['gate'], 'response_timeout=1');
    const { answer } = await holdUp(daemon, 'gate', 'wait');
    expect((await remove(`${daemon.management}/models/gate`)).status).toBe(200);
    expect((await answer).text).toContain('response_timeout');
    expect((await send(`${daemon.inference}/ping`)).status).toBe(200);
  });

  it('is gone for good: scaled to none, while it starts', async () => {
    await post(`${daemon.management}/models?url=late.mar`);
    await put(`${daemon.management}/models/late?min_worker=1`);
    const waiting = ask('late', 'x');
    await expect.poll(() => queueLength(daemon, 'late')).toBe(1);
    const scaled = put(`${daemon.management}/models/late?min_worker=0&synchronous=true`);
    const described = async () => (await send(`${daemon.management}/models/late`)).json();
    await expect.poll(described).toMatchObject([{ minWorkers: 0 }]);
    await writeFile(path.join(daemon.root, 'stop'), '');
    expect((await scaled).status).toBe(200);
    expect((await waiting).status).toBe(503);
    expect((await remove(`${daemon.management}/models/late`)).status).toBe(200);
  });

  it('is no reason to undo a registration that somebody else has scaled or removed meanwhile', async () => {
    const registered = post(`${daemon.management}/models?url=contested.mar&initial_workers=1`);
    await expect.poll(async () => (await send(`${daemon.management}/models/contested`)).status).toBe(200);
    expect((await put(`${daemon.management}/models/contested?min_worker=0&synchronous=true`)).status).toBe(200);
    expect((await registered).status).toBe(200);
    expect((await send(`${daemon.management}/models/contested`)).status).toBe(200);
  });
});

describe('a time that is longer than timers go', () => {
  it('means never', async () => {
    await registerModels(daemon, ['hostile'], 'response_timeout=9999999&startup_timeout=9999999&max_batch_delay=0');
    expect((await ask('hostile', 'nothing')).text).toBe('fine');
    await remove(`${daemon.management}/models/hostile`);
  });
});

describe.skipIf(process.platform !== 'linux')('a handler in an endless loop (needs setpriv of Linux)', () => {
  it('does not outlive a daemon that is killed', async () => {
    const mortal = await startDaemon({ fill: (store) => addArchive(store, { name: 'gate', source: GATE }) });
    onTestFinished(() => mortal.close());
    await registerModels(mortal, ['gate']);
    const [worker] = await workersOf(mortal, 'gate');
    const { answer } = await holdUp(mortal, 'gate', 'block');
    const lost = answer.catch(() => 'connection lost');
    await mortal.end('SIGKILL');
    expect(await lost).toBe('connection lost');
    await expect.poll(() => isAlive(worker?.pid ?? 0)).toBe(false);
  });
});
