/** What scenarios are given: the models, a folder of their own, and somebody who tidies up after them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageModel, type PackageOptions } from '@marserve/archiver';
import { createCleanup } from './cleanup.ts';
import { MODELS, type ModelName } from './models/models.ts';
import type { Timing } from './timing.ts';

export interface Bench {
  readonly timing: Timing;
  /** The checkout whose server is measured. */
  readonly checkout: string;
  /** What the server's environment has beyond that of the benchmark. */
  readonly env: Readonly<Record<string, string>>;
  /** The model store of the servers. */
  readonly store: string;
  /** A new folder. */
  folder(): Promise<string>;
  /** Makes what is made once in a run: the first call with this key makes it. */
  once<T>(key: string, make: () => Promise<T>): Promise<T>;
  /** Path of the model's ONNX file. */
  modelFile(name: ModelName): Promise<string>;
  /** Path of the model's YAML file: its session gets the threads that the limit's gets. */
  modelConfig(name: ModelName): Promise<string>;
  /** Puts the model's archive into the store, under its name. */
  archive(name: ModelName): Promise<void>;
  /** Writes a file once, and gives its path. */
  file(name: string, content: () => Uint8Array | Promise<Uint8Array>): Promise<string>;
  /** What is to be ended with the scenario; the last comes first. */
  defer(close: () => Promise<unknown>): void;
}

export type OpenBench = Bench & { close(): Promise<void> };

export interface BenchRun {
  /** The same for another scenario or checkout; `close` ends what was deferred. */
  open(checkout: string): OpenBench;
  /** Ends everything and deletes it. */
  close(): Promise<void>;
}

/** Files are made when they are first asked for, and kept for the run. */
export async function createBenchRun(timing: Timing, env: Bench['env'] = {}): Promise<BenchRun> {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-bench-'));
  const store = path.join(root, 'store');
  await mkdir(store);
  const made = new Map<string, Promise<unknown>>();
  const once = <T>(key: string, make: () => Promise<T>) => {
    const result = (made.get(key) as Promise<T> | undefined) ?? make();
    made.set(key, result);
    return result;
  };
  const files: Files = { root, store, once, timing, env };
  const cleanup = createCleanup();
  cleanup.add(() => rm(root, { recursive: true, force: true, maxRetries: 3 }));
  return {
    open(checkout) {
      const bench = openBench(files, checkout);
      cleanup.add(() => bench.close());
      return bench;
    },
    close: () => cleanup.close(),
  };
}

interface Files extends Pick<Bench, 'timing' | 'env' | 'store' | 'once'> {
  readonly root: string;
}

function openBench({ root, ...files }: Files, checkout: string): OpenBench {
  const { store, once } = files;
  const cleanup = createCleanup();
  const file: Bench['file'] = (name, content) =>
    once(`file ${name}`, async () => {
      const target = path.join(root, name);
      await writeFile(target, await content());
      return target;
    });
  const modelFile: Bench['modelFile'] = (name) => file(`${name}.onnx`, MODELS[name].build);
  const modelConfig: Bench['modelConfig'] = (name) => {
    const { threads } = MODELS[name];
    return file(`threads-${threads}.yaml`, () => Buffer.from(`onnx:\n  intraOpNumThreads: ${threads}\n`));
  };
  const addModel = async (name: ModelName) => {
    const { handler } = MODELS[name];
    const [serializedFile, configFile] = [await modelFile(name), await modelConfig(name)];
    await addArchive(store, { modelName: name, handler, serializedFile, configFile });
  };
  return {
    ...files,
    checkout,
    file,
    modelFile,
    modelConfig,
    folder: () => mkdtemp(path.join(root, 'folder-')),
    archive: (name) => once(`archive ${name}`, () => addModel(name)),
    defer: (close) => cleanup.add(close),
    close: () => cleanup.close(),
  };
}

/** Packages into the store. */
export async function addArchive(
  store: string,
  options: Partial<PackageOptions> & Pick<PackageOptions, 'modelName' | 'handler'>,
): Promise<void> {
  await packageModel({ version: '1.0', exportPath: store, archiveFormat: 'zip-store', validate: false, ...options });
}
