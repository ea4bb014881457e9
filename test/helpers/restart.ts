/** Daemons that follow each other in one folder, and what to compare between them. They end with their test. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from './archives.ts';
import { startDaemon, type Daemon, type DaemonOptions } from './daemon.ts';
import { post, send } from './http.ts';

/** A handler that says who it is. */
export const named = (text: string) =>
  `export default class Named { handle(data) { return data.map(() => '${text}'); } }`;

/** A handler that is never ready. */
export const NEVER =
  'export default class Never { initialize() { return new Promise(() => {}); } handle(data) { return data; } }';

/** `m.mar` (m 1.0, with a second handler), `m2.mar` (m2 2.0), `other.mar` (with a config) and `third.mar`. */
export async function fillStore(store: string): Promise<void> {
  await addArchive(store, { name: 'm', source: named('one'), files: { 'second.js': named('second') } });
  await addArchive(store, { name: 'm2', version: '2.0', source: named('two') });
  await addArchive(store, { name: 'other', source: ECHO, config: 'minWorkers: 1\nbatchSize: 3\n' });
  await addArchive(store, { name: 'third', source: ECHO });
}

export async function start(options: DaemonOptions = {}): Promise<Daemon> {
  const daemon = await startDaemon(options);
  onTestFinished(() => daemon.close());
  return daemon;
}

/** Ends a daemon with the signal, and starts one that goes on in its folder. */
export async function restart(daemon: Daemon, signal: NodeJS.Signals, options: DaemonOptions = {}): Promise<Daemon> {
  await daemon.end(signal);
  return start({ root: daemon.root, ...options });
}

/** @throws Error with the answer when it is no success */
export async function register({ management }: Daemon, query: string): Promise<void> {
  const { status, text } = await post(`${management}/models?${query}`);
  if (status !== 200) throw new Error(`${query} was not registered: ${text}`);
}

/** What a model answers to anything. */
export async function predict({ inference }: Daemon, name: string): Promise<string> {
  return (await send(`${inference}/predictions/${name}`, { method: 'POST', body: 'x' })).text;
}

/** Names of all models. */
export async function models({ management }: Daemon): Promise<string[]> {
  const { models } = (await send(`${management}/models?limit=100`)).json<{ models: { modelName: string }[] }>();
  return models.map(({ modelName }) => modelName);
}

/** What describe says of all versions, the default first, without what differs from process to process. */
export async function described({ management }: Daemon, name: string): Promise<Record<string, unknown>[]> {
  const versions = (await send(`${management}/models/${name}/all`)).json<{ workers: unknown[] }[]>();
  return versions.map(({ workers, ...settings }) => ({ ...settings, workers: workers.length }));
}

/** Paths of the snapshots, the oldest first, and of whatever else a daemon left beside them. */
export async function snapshotFiles({ root }: Daemon): Promise<string[]> {
  const folder = path.join(root, 'logs/config');
  const names = await readdir(folder);
  return names
    .filter((name) => name !== '.daemon')
    .sort()
    .map((name) => path.join(folder, name));
}
