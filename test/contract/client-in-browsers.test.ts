/** @marserve/client runs where there is nothing of Node: it is bundled as for browsers, and runs without Node's own names. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { build, type BuildOptions } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { STREAMER } from '../fixtures/streamer.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { ROOT } from '../helpers/pages.ts';

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-browser-'));
  daemon = await startDaemon();
  await addArchive(daemon.store, { name: 'price', model: HOUSE_PRICE });
  await addArchive(daemon.store, { name: 'streamer', source: STREAMER });
  await registerModels(daemon, ['price', 'streamer']);
});
afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A file with all that the program imports. @throws Error for an import that a browser does not have */
async function bundle(program: string, options: BuildOptions = {}): Promise<string> {
  const file = path.join(folder, 'bundle.mjs');
  await build({
    stdin: { contents: program, resolveDir: path.join(ROOT, 'test') },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    outfile: file,
    logLevel: 'silent',
    ...options,
  });
  return file;
}

/** What a browser does not have, hidden from the bundle. */
const WITHOUT_NODE = ['process', 'Buffer', 'global', 'require', 'setImmediate', 'clearImmediate']
  .map((name) => `const ${name} = undefined;`)
  .join('\n');

const PROGRAM = `
  import {
    ClientError, createManagementClient, createOnnxRuntimeServerClient, createTorchServeClient, createV1Client, createV2Client, tensor,
  } from '@marserve/client';
  const log = [];
  const v2 = createV2Client(INFERENCE, { timeoutMs: 60_000 });
  const inputs = { features: tensor('float32', [2, 3], [80, 3, 12, 60, 2, 40]) };
  for (const tensors of ['auto', 'json', 'binary'])
    log.push([...(await createV2Client(INFERENCE, { tensors }).infer('price', { inputs })).outputs.price.data]);
  log.push(await v2.isReady(), (await v2.modelMetadata('price')).inputs[0].datatype);
  for await (const event of v2.generateStream('price', { features: [80, 3, 12] })) log.push(event.price);
  log.push(await createV1Client(INFERENCE).predict('price', { instances: [[80, 3, 12]] }));
  for (const bodies of ['protobuf', 'json']) {
    const model = { name: 'price', version: '1.0' };
    log.push([...(await createOnnxRuntimeServerClient(INFERENCE, { bodies }).predict({ model, inputs })).outputs.price.data]);
  }
  const torchserve = createTorchServeClient(INFERENCE);
  log.push(await torchserve.predict('price', new Blob([Float32Array.of(60, 2, 40)])));
  let text = '';
  for await (const part of torchserve.predictStream('streamer', 'count 3')) text += new TextDecoder().decode(part);
  log.push(text);
  for await (const { modelName } of createManagementClient(MANAGEMENT).list()) log.push(modelName);
  const error = await v2.infer('nobody', { inputs }).catch((error) => error);
  log.push(error instanceof ClientError, error.status);
  const signal = AbortSignal.abort();
  log.push((await v2.infer('price', { inputs }, { signal }).catch((error) => error)).kind);
  console.log(JSON.stringify(log));
`;

describe('in a browser', () => {
  it('nothing of Node is asked for, and everything but gRPC works', async () => {
    const addresses = { INFERENCE: JSON.stringify(daemon.inference), MANAGEMENT: JSON.stringify(daemon.management) };
    const file = await bundle(PROGRAM, { define: addresses, banner: { js: WITHOUT_NODE } });
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    const prices = [258, 160];
    expect(JSON.parse(stdout)).toEqual([
      prices,
      prices,
      prices,
      true,
      'FP32',
      258,
      { predictions: [[258]] },
      prices,
      prices,
      [[160]],
      '0;1;2;',
      'price',
      'streamer',
      true,
      404,
      'aborted',
    ]);
  });

  it('an import of Node would be found', async () => {
    await expect(bundle(`import '@marserve/client'; import 'node:fs';`)).rejects.toThrow(/Could not resolve "node:fs"/);
  });

  it('gRPC is not there', async () => {
    await expect(bundle(`import '@marserve/client/grpc';`)).rejects.toThrow(/@marserve\/client\/grpc/);
  });
});
