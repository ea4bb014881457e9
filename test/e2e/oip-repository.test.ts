/** Triton's model repository extension, as its clients meet it: one port for everything. */
import { rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon, type DaemonOptions } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { post, send, sendJson, type Answer } from '../helpers/http.ts';

const echo = (answer: string) => `export function handle(rows) { return rows?.map(() => '${answer}'); }`;
const BROKEN = `export default class { initialize() { throw new Error('no weights'); } handle(rows) { return rows; } }`;

async function startOnOnePort(options: DaemonOptions = {}): Promise<Daemon> {
  const address = `http://127.0.0.1:${await freePort()}`;
  const config = { inference_address: address, management_address: address, ...options.config };
  return startDaemon({ ...options, config });
}

interface Entry {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason: string;
}

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startOnOnePort({
    fill: async (store) => {
      await addArchive(store, { name: 'first', source: echo('one') });
      for (const version of ['1.9', '1.10', '1.2']) {
        await addArchive(store, { name: 'many', version, source: echo(version) });
        await rename(path.join(store, 'many.mar'), path.join(store, `many-${version}.mar`));
      }
      await addArchive(store, { name: 'broken', source: BROKEN });
      await writeFile(path.join(store, 'garbage.mar'), 'no archive');
    },
  });
});

afterAll(() => daemon.close());

const repository = (what: string, body?: unknown): Promise<Answer> => {
  const url = `${daemon.inference}/v2/repository/${what}`;
  return body === undefined ? post(url) : sendJson(url, body);
};
const index = async (body?: unknown) => (await repository('index', body)).json<Entry[]>();
const entry = async (name: string, version = '1.0') =>
  (await index()).find((each) => each.name === name && each.version === version);
const answerOf = async (name: string) =>
  (await send(`${daemon.inference}/predictions/${name}`, { method: 'POST', body: 'x' })).text;

describe('the index', () => {
  it('has the archives of the store, with why they cannot serve', async () => {
    expect(await entry('first')).toEqual({ name: 'first', version: '1.0', state: 'UNAVAILABLE', reason: 'unloaded' });
    const many = (await index()).filter(({ name }) => name === 'many');
    expect(many.map(({ version }) => version).sort()).toEqual(['1.10', '1.2', '1.9']);
    const garbage = await entry('garbage', '');
    expect(garbage).toMatchObject({ state: 'UNAVAILABLE', reason: expect.stringContaining('garbage.mar') as string });
  });

  it('has those alone that can serve, when they are asked for', async () => {
    expect((await index({ ready: true })).every(({ state }) => state === 'READY')).toBe(true);
    expect(await index({ ready: false })).toEqual(await index());
  });

  it.each([[{ ready: 'yes' }], ['[1]'], ['{'], ['\t']])('refuses %j', async (body) => {
    expect((await repository('index', body)).status).toBe(400);
  });

  it('sees archives that come, change and go', async () => {
    const { store } = daemon;
    expect(await entry('late')).toBeUndefined();
    await addArchive(store, { name: 'late', source: echo('late') });
    expect(await entry('late')).toMatchObject({ state: 'UNAVAILABLE' });
    await addArchive(store, { name: 'late', version: '2.0', source: echo('late') });
    expect([await entry('late'), (await entry('late', '2.0'))?.state]).toEqual([undefined, 'UNAVAILABLE']);
    await rm(path.join(store, 'late.mar'));
    expect(await entry('late', '2.0')).toBeUndefined();
  });
});

describe('loading', () => {
  it('makes a model serve, again and again, and unloading ends that', async () => {
    for (const times of [1, 2]) {
      const loaded = await repository('models/first/load', {});
      expect([times, loaded.status, loaded.json()]).toEqual([times, 200, { name: 'first', load: true }]);
    }
    expect(await entry('first')).toEqual({ name: 'first', version: '1.0', state: 'READY', reason: '' });
    expect(await answerOf('first')).toBe('one');
    const unloaded = await repository('models/first/unload', { parameters: { unload_dependents: false } });
    expect([unloaded.status, unloaded.json()]).toEqual([200, { name: 'first', unload: true }]);
    expect(await entry('first')).toMatchObject({ state: 'UNAVAILABLE', reason: 'unloaded' });
    expect((await repository('models/first/unload')).status).toBe(404);
  });

  it('takes the newest version, in place of the one that serves, which numbers decide', async () => {
    await registerModels(daemon, ['many-1.9']);
    expect(await answerOf('many')).toBe('1.9');
    expect((await repository('models/many/load')).status).toBe(200);
    expect(await answerOf('many')).toBe('1.10');
    expect((await entry('many', '1.9'))?.state).toBe('UNAVAILABLE');
    await registerModels(daemon, ['many-1.2']);
    expect((await repository('models/many/unload')).status).toBe(200);
    expect((await index({ ready: true })).some(({ name }) => name === 'many')).toBe(false);
  });

  it('of one model by many clients at once is done once, and so is unloading', async () => {
    const statuses = async (verb: string) =>
      (await Promise.all(Array.from({ length: 5 }, () => repository(`models/first/${verb}`)))).map(
        ({ status }) => status,
      );
    expect(await statuses('load')).toEqual([200, 200, 200, 200, 200]);
    expect(await answerOf('first')).toBe('one');
    expect((await statuses('unload')).toSorted((one, other) => one - other)).toEqual([200, 404, 404, 404, 404]);
  });

  it('gives a model without workers one', async () => {
    await registerModels(daemon, ['first'], 'initial_workers=0');
    expect(await entry('first')).toMatchObject({ state: 'UNAVAILABLE', reason: 'no workers were asked for' });
    expect((await repository('models/first/load')).status).toBe(200);
    expect(await answerOf('first')).toBe('one');
    expect((await repository('models/first/unload')).status).toBe(200);
  });

  it('refuses an archive that was changed under its version', async () => {
    const { store } = daemon;
    await addArchive(store, { name: 'changing', source: echo('before') });
    expect((await repository('models/changing/load')).status).toBe(200);
    await addArchive(store, { name: 'changing', source: echo('after') });
    await utimes(path.join(store, 'changing.mar'), new Date(), new Date(Date.now() + 5000));
    const refused = await repository('models/changing/load');
    expect([refused.status, refused.json().error]).toEqual([409, expect.stringContaining('was changed since')]);
    expect(await answerOf('changing')).toBe('before');
    await repository('models/changing/unload');
    expect((await repository('models/changing/load')).status).toBe(200);
    expect(await answerOf('changing')).toBe('after');
  });

  it.each([
    ['nobody', {}, 404, 'no archive of the model store holds "nobody"'],
    ['garbage', {}, 400, 'garbage.mar'],
    ['broken', {}, 500, 'no weights'],
    ['first', { parameters: { config: '{"max_batch_size":8}' } }, 501, 'a model is served as its archive has it'],
    ['first', { parameters: { 'file:1/model.onnx': 'AAAA' } }, 501, '"file:1/model.onnx" is not taken'],
    ['first', { parameters: { speed: 1 } }, 400, 'Unknown parameter "speed"'],
    ['first', { parameters: [1] }, 400, 'expected an object'],
  ])('refuses %s with %j: %i', async (name, body, status, text) => {
    const refused = await repository(`models/${name}/load`, body);
    expect([refused.status, refused.json().error]).toEqual([status, expect.stringContaining(text)]);
    expect((await index({ ready: true })).some((each) => each.name === name)).toBe(false);
  });

  it('refuses a repository with a name', async () => {
    for (const path of ['mine/index', 'mine/models/first/load']) expect((await repository(path)).status).toBe(501);
  });
});

describe('who may', () => {
  it('is whoever may manage models: elsewhere it is said where that is', async () => {
    const two = await startDaemon({ fill: (store) => addArchive(store, { name: 'first', source: echo('one') }) });
    onTestFinished(() => two.close());
    const refused = await post(`${two.inference}/v2/repository/index`);
    expect([refused.status, refused.json().error]).toEqual([501, expect.stringContaining('at the management address')]);
    expect((await post(`${two.management}/v2/repository/models/first/load`)).status).toBe(200);
    const extensions = async (address: string) =>
      (await send(`${address}/v2`)).json<{ extensions: string[] }>().extensions;
    expect(await extensions(two.inference)).not.toContain('model_repository');
    expect(await extensions(two.management)).toContain('model_repository');
    expect(await extensions(two.management)).not.toContain('binary_tensor_data');
  });

  it('is nobody without the model API, whose index stays', async () => {
    const fixed = await startOnOnePort({ config: { enable_model_api: false } });
    onTestFinished(() => fixed.close());
    for (const verb of ['load', 'unload']) {
      expect((await post(`${fixed.inference}/v2/repository/models/first/${verb}`)).status).toBe(405);
    }
    expect((await post(`${fixed.inference}/v2/repository/index`)).json()).toEqual([]);
    const { extensions } = (await send(`${fixed.inference}/v2`)).json<{ extensions: string[] }>();
    expect(extensions).not.toContain('model_repository');
  });

  it('is nobody without a token, where tokens are asked for, and no page of another site', async () => {
    const guarded = await startOnOnePort({ config: { disable_token_authorization: false } });
    onTestFinished(() => guarded.close());
    expect((await post(`${guarded.inference}/v2/repository/index`)).status).toBe(401);
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await send(`${daemon.inference}/v2/repository/index`, { method: 'POST', headers })).status).toBe(403);
  });
});
