/** Models without an archive: ONNX files of the model store, alone or in folders of versions, and one that the command line names. */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel, weightBytes } from '../fixtures/onnx-models.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, remove, send, sendJson } from '../helpers/http.ts';

/** Multiplies by this; each model another. */
const times = (factor: number) => matMulModel({ weights: [[factor]] });

async function put(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
}

const external = (location: string) => matMulModel({ weights: [[5]], external: location });

async function fillStore(store: string): Promise<void> {
  await put(store, {
    'plain.onnx': times(2),
    'odd name.onnx': times(3),
    'large.onnx': external('large.onnx.data'),
    'large.onnx.data': weightBytes([[5]]),
    'numbers/1/model.onnx': times(1),
    'numbers/2/model.onnx': external('parts/w.bin'),
    'numbers/2/parts/w.bin': weightBytes([[5]]),
    'numbers/10/model.onnx': times(10),
    'numbers/10/notes.txt': 'x',
    'numbers/3/model.plan': 'x',
    'numbers/config.pbtxt': 'x',
    'flat/7.onnx': times(7),
    'other/4/weights.onnx': times(4),
    'broken.onnx': 'no model',
    'gone.onnx': external('gone.bin'),
    'escaping.onnx': external('../outside.bin'),
    'linked.onnx': external('link.bin'),
    '../outside.bin': weightBytes([[5]]),
  });
  await symlink(path.join(store, '../outside.bin'), path.join(store, 'link.bin'));
}

let daemon: Daemon;
/** Gives ONNX files. */
let files: Server;
const config = { default_workers_per_model: 1, allowed_urls: 'http://127.0.0.1:[0-9]+/.*|file:///.*/allowed/.*' };

beforeAll(async () => {
  files = createServer((request, response) => {
    const model = request.url === '/fetched.onnx' ? times(8) : external('plain.onnx');
    response.end(model);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  daemon = await startDaemon({ fill: fillStore, config, args: ['--models', 'all'] });
});

afterAll(async () => {
  files?.close();
  await daemon?.close();
});

async function factorOf(model: string, { inference }: Daemon = daemon): Promise<unknown> {
  const answer = await sendJson(`${inference}/v1/models/${model}:predict`, { instances: [[1]] });
  return answer.json<{ predictions?: unknown[] }>().predictions?.[0] ?? answer.text;
}

const factorOfVersion = async (model: string, version: string) =>
  (await sendJson(`${daemon.inference}/predictions/${model}/${version}`, { x: [[1]] })).json<unknown>();

interface Description {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly modelUrl: string;
}

const describeModel = async (model: string, { management }: Daemon = daemon) =>
  (await send(`${management}/models/${model}/all`)).json<Description[]>();

describe('a model store with ONNX files', () => {
  it.each([
    ['plain', [2]],
    ['odd_name', [3]],
    ['large', [5]],
    ['numbers', [10]],
    ['flat', [7]],
    ['other', [4]],
  ])('serves %s', async (model, factor) => expect(await factorOf(model)).toEqual(factor));

  it('has each version of a folder, the newest as the default', async () => {
    const versions = await describeModel('numbers');
    expect(versions.map(({ modelVersion }) => modelVersion)).toEqual(['10', '2', '1']);
    expect(versions[0]).toMatchObject({ modelUrl: 'numbers/10' });
    expect(await factorOfVersion('numbers', '2')).toEqual([[5]]);
    expect(await factorOfVersion('numbers', '1')).toEqual([[1]]);
  });

  it('warns of files that are not read', async () => {
    const { store } = daemon;
    for (const name of ['numbers/10/notes.txt', 'numbers/config.pbtxt']) {
      await daemon.line(`${path.join(store, name)} is not read`);
    }
    expect(daemon.output()).not.toContain(`w.bin is not read`);
  });

  it.each([
    ['broken.onnx', /broken\.onnx is not an ONNX model, or it is damaged/],
    ['gone.onnx', /gone\.onnx has external data in \\"gone\.bin\\", which is not there/],
    ['escaping.onnx', /external data in \\"..\/outside\.bin\\"; expected a path inside the folder of the model/],
    ['linked.onnx', /linked\.onnx has external data in \\"link\.bin\\", which may not be read from here/],
    ['absent.onnx', /Model not found at: absent\.onnx/],
    ['numbers/3', /numbers\/3 has no MAR-INF\/MANIFEST\.json/],
    ['numbers/99', /Model not found at: numbers\/99/],
  ])('refuses %s, and says why', async (url, message) => {
    const { status, text } = await post(`${daemon.management}/models?url=${url}`);
    expect([status, text]).toEqual([
      url === 'absent.onnx' || url === 'numbers/99' ? 404 : 400,
      expect.stringMatching(message),
    ]);
  });

  it('registers one under another name, and the newest version of a folder', async () => {
    const register = (query: string) => post(`${daemon.management}/models?initial_workers=1&synchronous=true&${query}`);
    expect((await register('url=plain.onnx&model_name=second')).status).toBe(200);
    expect((await register('url=numbers&model_name=third')).status).toBe(200);
    expect(await factorOf('second')).toEqual([2]);
    expect(await describeModel('third')).toMatchObject([{ modelVersion: '10' }]);
  });

  it('registers one that is fetched, alone, and one of an address that is allowed', async () => {
    const register = (url: string) =>
      post(`${daemon.management}/models?initial_workers=1&synchronous=true&url=${encodeURIComponent(url)}`);
    const address = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
    expect((await register(`${address}/fetched.onnx`)).status).toBe(200);
    expect(await factorOf('fetched')).toEqual([8]);
    const refused = await register(`${address}/hungry.onnx`);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('may not be read from here')]);
    expect((await remove(`${daemon.management}/models/fetched`)).status).toBe(200);
    const left = await readdir(daemon.store);
    expect(left.filter((name) => /fetched|hungry|part$/.test(name))).toEqual([]);
    const folder = path.join(daemon.root, 'allowed');
    await put(folder, { 'filed.onnx': external('w.bin'), 'w.bin': weightBytes([[9]]) });
    expect((await register(`file://${folder}/filed.onnx`)).status).toBe(200);
    expect(await factorOf('filed')).toEqual([9]);
    const other = await register(`file://${daemon.root}/outside.bin`);
    expect(other.status).toBe(404);
    expect((await remove(`${daemon.management}/models/filed`)).status).toBe(200);
  });

  it('is a repository of Triton', async () => {
    const index = await post(`${daemon.management}/v2/repository/index`);
    const newest: unknown = expect.objectContaining({ name: 'numbers', version: '10', state: 'READY' });
    expect(index.json()).toEqual(expect.arrayContaining([newest]));
  });

  it('serves the same after a restart, and a newer version as the default', async () => {
    const { root } = daemon;
    await daemon.end();
    await put(daemon.store, { 'numbers/11/model.onnx': times(11), 'numbers/0/model.onnx': times(0) });
    daemon = await startDaemon({ root, config, args: ['--models', 'all'] });
    expect(await factorOf('numbers')).toEqual([11]);
    expect(await factorOfVersion('numbers', '2')).toEqual([[5]]);
    expect(await factorOf('large')).toEqual([5]);
    expect(await describeModel('third')).toMatchObject([{ modelVersion: '10', modelUrl: 'numbers' }]);
  });
});

describe('--model-path', () => {
  it('serves a file that is anywhere, with its external data, and leaves nothing behind', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'marserve-model-'));
    await put(folder, { 'm.onnx': external('w.bin'), 'w.bin': weightBytes([[6]]) });
    const line = [
      '--model_path',
      path.join(folder, 'm.onnx'),
      '--http_port=0',
      '--grpc_port',
      '0',
      '--log_level=warning',
    ];
    const one = await startDaemon({
      config: {
        inference_address: '',
        metrics_address: '',
        management_address: '',
        grpc_inference_port: '',
        grpc_management_port: '',
        model_store: '',
      },
      args: [...line, '--log-level', 'info', '--address', '127.0.0.1', '--num_http_threads=3'],
    });
    try {
      // In the words of ONNX Runtime Server, whose profile is implied.
      const answer = await sendJson(`${one.inference}/predictions/default`, { x: [[1]] });
      expect(answer.json()).toEqual([[6]]);
      await one.line('--num-http-threads does nothing');
      expect(await describeModel('default', one)).toMatchObject([{ modelVersion: '1' }]);
    } finally {
      await one.close();
      await rm(folder, { recursive: true });
    }
  });

  it.each([
    ['absent.onnx', /--model-path: expected an ONNX file, came .*absent\.onnx, where there is no file/],
    [import.meta.filename, /--model-path: expected an ONNX file, came .*whose name does not end in \.onnx/],
  ])('refuses %s', async (file, message) => {
    await expect(startDaemon({ args: ['--model_path', file] })).rejects.toThrow(message);
  });
});
