/** Three tiny models in one server, each with a worker, loaded at its start. */
import { readFile } from 'node:fs/promises';
import { addArchive, type Bench } from './bench.ts';
import { launchDaemon, type Daemon } from './daemon.ts';
import { untilAnswered } from './http.ts';
import type { LoadBody } from './load.ts';
import { MODELS } from './models/models.ts';
import { bodyOf } from './prediction.ts';

const NAMES = ['tiny-1', 'tiny-2', 'tiny-3'];

export interface ThreeModels {
  readonly daemon: Daemon;
  /** Where each of them is asked. */
  readonly urls: readonly string[];
  readonly body: LoadBody;
}

/** Starts the server; resolves when each model has answered a prediction. */
export async function startThreeModels(bench: Bench): Promise<ThreeModels> {
  await bench.once('archives of three models', () => addArchives(bench));
  const body = await bodyOf(bench, 'tiny', 'json');
  const content = await readFile(body.body);
  const load_models = NAMES.map((name) => `${name}.mar`).join(',');
  const daemon = await launchDaemon(bench, { load_models, default_workers_per_model: '1' });
  const urls = NAMES.map((name) => `${daemon.inference}/predictions/${name}`);
  const question = { method: 'POST', body: content, contentType: body.contentType, timeoutMs: 30_000 } as const;
  await Promise.all(urls.map((url) => untilAnswered(url, question)));
  return { daemon, urls, body };
}

async function addArchives(bench: Bench): Promise<void> {
  const serializedFile = await bench.modelFile('tiny');
  const configFile = await bench.file('one-thread.yaml', () => Buffer.from('onnx:\n  intraOpNumThreads: 1\n'));
  const { handler } = MODELS.tiny;
  for (const modelName of NAMES) await addArchive(bench.store, { modelName, handler, serializedFile, configFile });
}
