/** What a daemon says of its registry, and what lies about in its folders. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Daemon } from '../../helpers/daemon.ts';
import { send } from '../../helpers/http.ts';
import { ordered, type RegistryState } from './state.ts';

interface Description {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly modelUrl: string;
  readonly batchSize: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly workers: readonly { readonly pid?: number }[];
}

/** @throws Error when a version's numbers of workers differ from each other */
export async function describeRegistry(daemon: Daemon): Promise<RegistryState> {
  const defaults = await defaultVersions(daemon);
  const versions = (await describeAll(daemon)).map((version) => {
    const { modelName: name, modelVersion, modelUrl: url, batchSize, minWorkers, maxWorkers } = version;
    if (minWorkers !== maxWorkers) throw new Error(`${name} has ${minWorkers} to ${maxWorkers} workers`);
    return {
      name,
      version: modelVersion,
      url,
      isDefault: defaults.get(name) === modelVersion,
      batchSize,
      workers: minWorkers,
    };
  });
  return ordered(versions);
}

/** Ids of all worker processes. */
export async function workerPids(daemon: Daemon): Promise<number[]> {
  return (await describeAll(daemon)).flatMap(({ workers }) => workers.flatMap(({ pid }) => pid ?? []));
}

async function describeAll({ management }: Daemon): Promise<Description[]> {
  const names = await modelNames(management);
  const answers = await Promise.all(names.map((name) => send(`${management}/models/${name}/all`)));
  return answers.flatMap((answer) => answer.json<Description[]>());
}

async function defaultVersions({ management }: Daemon): Promise<Map<string, string | undefined>> {
  const names = await modelNames(management);
  const answers = await Promise.all(names.map((name) => send(`${management}/models/${name}`)));
  return new Map(names.map((name, index) => [name, answers[index]?.json<Description[]>()[0]?.modelVersion]));
}

async function modelNames(management: string): Promise<string[]> {
  const { models } = (await send(`${management}/models?limit=100`)).json<{ models: { modelName: string }[] }>();
  return models.map(({ modelName }) => modelName);
}

/** Files and folders that nobody needs: halves of downloads and snapshots, and what dead daemons have unpacked. */
export async function leftovers(daemon: Daemon, state: RegistryState, archives: readonly string[]): Promise<string[]> {
  const downloaded = state.filter(({ url }) => url.startsWith('http')).map(({ url }) => path.basename(url));
  const [store, snapshots, work] = await Promise.all(
    [daemon.store, path.join(daemon.root, 'logs/config'), daemon.workDir].map((folder) => readdir(folder)),
  );
  const own = work?.find((name) => name.startsWith(`marserve-${daemon.pid}-`)) ?? 'missing';
  const unpacked = await readdir(path.join(daemon.workDir, own, 'models'));
  const needless = {
    store: store?.filter((name) => !archives.includes(name) && !downloaded.includes(name)),
    snapshots: snapshots?.filter((name) => !/^\d{17}-\w+\.cfg$/.test(name) && name !== '.daemon'),
    'work directory': work?.filter((name) => name !== own),
    // Beside the models there are the packages that they import.
    'unpacked models': unpacked.filter((name) => name !== 'node_modules').slice(state.length),
  };
  return Object.entries(needless).flatMap(([where, names = []]) =>
    names.map((name) => `${name} is left in the ${where}`),
  );
}
