import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { whenTold } from '../fixtures/when-told.ts';
import { addArchive } from '../helpers/archives.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { holdUp } from '../helpers/gate.ts';
import { post, put, remove, send } from '../helpers/http.ts';
import { described, models, named, NEVER, predict, register, restart, start } from '../helpers/restart.ts';
import { startSteadyClients } from '../helpers/steady-clients.ts';

const BROKEN = `export default class Broken { initialize() { throw new Error('no such file: labels.json'); } handle(data) { return data; } }`;

/** Puts `m<version>.mar` into the store, by default one that answers its version. */
const archive =
  (version: string, source = named(version)) =>
  async (store: string) => {
    await addArchive(store, { name: `m${version}`, version, source });
  };

async function startWith(...archives: ((store: string) => Promise<void>)[]): Promise<Daemon> {
  return start({
    fill: async (store) => {
      for (const add of archives) await add(store);
    },
  });
}

/** Registers versions of the model `m`. */
const registerVersion = (daemon: Daemon, version: string, query = 'initial_workers=1') =>
  register(daemon, `url=m${version}.mar&model_name=m&${query}`);

const versions = async (daemon: Daemon) => (await described(daemon, 'm')).map(({ modelVersion }) => modelVersion);

describe('a version that replaces the default one', () => {
  it('takes over under load, again and again: no request fails, and each is answered by the version of its time', async () => {
    const daemon = await startWith(...['1', '2', '3', '4', '5', '6'].map((version) => archive(version)));
    await registerVersion(daemon, '1', 'initial_workers=2');
    const clients = startSteadyClients(`${daemon.inference}/predictions/m`, 8);
    const everyClientIsAnswered = async () => {
      const before = clients.count();
      await expect.poll(() => clients.count()).toBeGreaterThan(before + 50);
    };
    await everyClientIsAnswered();
    for (const version of ['2', '3', '4', '5', '6']) {
      await registerVersion(daemon, version, 'replace=true');
      expect(await predict(daemon, 'm')).toBe(version);
      await everyClientIsAnswered();
    }
    const answers = await clients.stop();
    expect(answers.flat().filter(({ status }) => status !== 200)).toEqual([]);
    for (const own of answers) {
      const seen = own.map(({ text }) => text);
      expect(seen).toEqual(seen.toSorted());
      expect(new Set(seen)).toEqual(new Set(['1', '2', '3', '4', '5', '6']));
    }
    expect(await described(daemon, 'm')).toMatchObject([
      { modelVersion: '6', minWorkers: 2, maxWorkers: 2, workers: 2 },
    ]);
  });

  it('may be registered already; the former one finishes what it has', async () => {
    const daemon = await startWith(archive('1', GATE), archive('2'));
    await registerVersion(daemon, '1', 'initial_workers=2');
    await registerVersion(daemon, '2', 'initial_workers=0');
    const { answer, letGo } = await holdUp(daemon, 'm', 'wait');
    const replaced = put(`${daemon.management}/models/m/2/set-default?drain=true`);
    await expect.poll(() => versions(daemon)).toEqual(['2']);
    await letGo();
    expect((await answer).status).toBe(200);
    expect((await replaced).json()).toEqual({
      status: 'Default version successfully updated for model "m" to "2"; version "1" unregistered',
    });
    expect(await described(daemon, 'm')).toMatchObject([{ modelVersion: '2', minWorkers: 2, workers: 2 }]);
    expect((await put(`${daemon.management}/models/m/2/set-default?drain=true`)).json()).toEqual({
      status: 'Default version successfully updated for model "m" to "2"',
    });
    expect(await versions(daemon)).toEqual(['2']);
  });

  it('serves a request whose body was still on its way', async () => {
    const daemon = await startWith(archive('1'), archive('2'));
    await registerVersion(daemon, '1');
    const request = httpRequest(`${daemon.inference}/predictions/m`, {
      method: 'POST',
      headers: { 'content-length': 1 },
    });
    request.flushHeaders();
    await expect
      .poll(async () => (await send(`${daemon.metrics}/metrics`)).text)
      .toContain('ts_inference_requests_total{model_name="m",model_version="default"');
    await registerVersion(daemon, '2', 'replace=true');
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    request.end('x');
    const [response] = await answered;
    expect(response.statusCode).toBe(200);
    expect((await response.toArray()).join('')).toBe('2');
  });

  it('keeps workers of its own that are more', async () => {
    const daemon = await startWith(archive('1'), archive('2'));
    await registerVersion(daemon, '1');
    await registerVersion(daemon, '2', 'initial_workers=3');
    expect((await put(`${daemon.management}/models/m/2/set-default?drain=true`)).status).toBe(200);
    expect(await described(daemon, 'm')).toMatchObject([{ modelVersion: '2', minWorkers: 3, workers: 3 }]);
  });

  it('that does not become ready leaves everything as it was, and says why', async () => {
    const daemon = await startWith(archive('1'), archive('2', BROKEN), archive('3', BROKEN));
    await registerVersion(daemon, '1', 'initial_workers=2');
    await registerVersion(daemon, '2', 'initial_workers=0');
    const clients = startSteadyClients(`${daemon.inference}/predictions/m`, 4);
    const failures = [
      await put(`${daemon.management}/models/m/2/set-default?drain=true`),
      await post(`${daemon.management}/models?url=m3.mar&model_name=m&replace=true`),
    ];
    for (const [index, failure] of failures.entries()) {
      expect(failure.json()).toEqual({
        code: 500,
        type: 'InternalServerException',
        message: `Failed to start workers for model m version: ${index + 2}: no such file: labels.json`,
      });
    }
    const answers = (await clients.stop()).flat();
    expect(answers.filter(({ status, text }) => status !== 200 || text !== '1')).toEqual([]);
    expect(await described(daemon, 'm')).toMatchObject([
      { modelVersion: '1', minWorkers: 2, workers: 2 },
      { modelVersion: '2', minWorkers: 0, workers: 0 },
    ]);
  });

  it('is the only one at a time, and neither it nor the former can be changed meanwhile', async () => {
    const starting = (store: string) => archive('2', whenTold(store))(store);
    const daemon = await startWith(archive('1'), starting, archive('3'));
    await registerVersion(daemon, '1');
    await registerVersion(daemon, '3', 'initial_workers=0');
    const path = `${daemon.management}/models`;
    const replacing = post(`${path}?url=m2.mar&model_name=m&replace=true`);
    await daemon.line('the default version is being replaced');
    const refused = [
      await put(`${path}/m/3/set-default?drain=true`),
      await put(`${path}/m/3/set-default`),
      await put(`${path}/m/1?min_worker=3`),
      await put(`${path}/m/2?min_worker=3`),
      await remove(`${path}/m/2`),
    ];
    for (const answer of refused) {
      expect(answer.json()).toEqual({
        code: 409,
        type: 'ConflictStatusException',
        message: 'Model "m": version "2" is about to replace version "1". Try again when that is done.',
      });
    }
    expect((await put(`${path}/m/3?min_worker=1&synchronous=true`)).status).toBe(200);
    await writeFile(join(daemon.root, 'stop'), '');
    expect((await replacing).status).toBe(500);
    expect(await versions(daemon)).toEqual(['1', '3']);
    expect((await put(`${path}/m/3/set-default?drain=true`)).status).toBe(200);
    expect(await versions(daemon)).toEqual(['3']);
  });

  it('is an ordinary registration where there is nothing to replace', async () => {
    const daemon = await startWith(archive('1'));
    const answer = await post(`${daemon.management}/models?url=m1.mar&model_name=m&replace=true&initial_workers=1`);
    expect(answer.json()).toEqual({ status: 'Model "m" Version: 1 registered with 1 initial workers' });
  });

  it('is there after a kill when it has replaced the former, which is there when it has not', async () => {
    const first = await startWith(archive('1'), archive('2'), archive('3', NEVER));
    await registerVersion(first, '1', 'initial_workers=2');
    await registerVersion(first, '2', 'replace=true');
    const cut = post(`${first.management}/models?url=m3.mar&model_name=m&replace=true&synchronous=false`);
    expect((await cut).status).toBe(202);
    const second = await restart(first, 'SIGKILL');
    expect(await models(second)).toEqual(['m']);
    expect(await described(second, 'm')).toMatchObject([{ modelVersion: '2', minWorkers: 2, workers: 2 }]);
    expect(await predict(second, 'm')).toBe('2');
  });

  it('is refused when models cannot be unregistered', async () => {
    const daemon = await start({
      fill: archive('1'),
      config: { enable_model_api: false, load_models: 'm1.mar' },
    });
    expect((await put(`${daemon.management}/models/m1/1/set-default`)).status).toBe(200);
    expect((await put(`${daemon.management}/models/m1/1/set-default?drain=true`)).status).toBe(405);
  });
});
