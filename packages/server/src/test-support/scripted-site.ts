/** A control plane whose archives are names and whose workers are scripted; all between them is the real thing. */
import { ControlPlane } from '../core/control-plane.ts';
import { ServeError } from '../core/errors.ts';
import { goldenMismatch } from '../core/golden/golden-answer.ts';
import type { GoldenCodec, GoldenRequest } from '../core/golden/golden-check.ts';
import { ModelRegistry } from '../core/registry/model-registry.ts';
import type { ModelSource, OpenOptions, StoredArchive, UnpackedModel } from '../core/registry/model-source.ts';
import type { VersionSnapshot } from '../core/registry/registry-snapshot.ts';
import type { VersionOpenerOptions } from '../core/registry/version-opener.ts';
import { createVersion, silent, type ScriptedWorker } from './scripted-version.ts';
import { SETTINGS } from './version-settings.ts';

/** A golden request that is its own answer, unless another one is expected. */
export function golden(name: string, expected = name): GoldenRequest {
  const answer = { kind: 'bytes', status: 200, body: Buffer.from(expected) } as const;
  return { name, operation: 'predict', headers: {}, inputs: [], expected: answer };
}

/** Scripted workers answer with the id of the request: here, that is the golden request's name. */
const goldenCodec: GoldenCodec = {
  toJob: ({ name }) => ({ operation: 'predict', requestId: name, codec: 'torchserve', headers: [], inputs: [] }),
  toAnswer: (outcome) =>
    outcome instanceof ServeError
      ? { status: 500, contentType: 'text/plain', body: Buffer.from(outcome.message) }
      : { contentType: 'text/plain', body: Buffer.from(outcome.meta as string) },
};

export interface SiteOptions {
  /** Golden requests of every archive. */
  readonly golden?: readonly GoldenRequest[];
  /** What every archive's own config says. */
  readonly defaults?: UnpackedModel['defaults'];
  /** Archive → what it asks. */
  readonly needs?: Readonly<Record<string, UnpackedModel['needs']>>;
  readonly limits?: { readonly perModel: number; readonly total: number };
  readonly unregisterTimeoutMs?: number;
  readonly toBeRestored?: readonly VersionSnapshot[];
  /** What lies in the model store; by default nothing is known of it. */
  readonly archives?: readonly StoredArchive[];
  /** Called before an archive is given out, such as to throw. */
  readonly onOpen?: (url: string, options: OpenOptions) => Promise<void>;
}

/** Archives are called `name-version.mar`; no other is there. Workers are ready when the test says so. */
export function createSite(options: SiteOptions = {}) {
  const registry = new ModelRegistry();
  const [writes, deleted] = [[] as string[], [] as string[]];
  const workersOf = new Map<string, ScriptedWorker[]>();
  const source: ModelSource = {
    list: () => Promise.resolve([...(options.archives ?? [])]),
    async open(url, opening) {
      await options.onOpen?.(url, opening);
      const model = unpack(url, options, deleted);
      opening.admit(model.manifest);
      return model;
    },
  };
  const parts: VersionOpenerOptions = {
    registry,
    source,
    createVersion: (key, _model, settings) => {
      const { version, workers } = createVersion(settings, key);
      workersOf.set(`${key.name} ${key.version}`, workers);
      return version;
    },
    defaultsFor: () => ({ settings: SETTINGS, workers: { min: 1, max: 1 } }),
    workerLimits: options.limits ?? { perModel: 100, total: 100 },
    goldenCodec,
    admitRoutes: () => {},
    compareGolden: async (...answers) => goldenMismatch(...answers),
    logger: silent,
  };
  const control = new ControlPlane({
    ...parts,
    snapshots: { write: async (versions, kind) => void writes.push(written(versions, kind)) },
    toBeRestored: options.toBeRestored,
    unregisterTimeoutMs: options.unregisterTimeoutMs ?? 60_000,
  });
  return {
    registry,
    control,
    /** For `openVersion` alone. */
    parts,
    /** Each time the registry was written down: why, and the versions, the default ones with a star. */
    writes,
    /** Archives whose unpacked files were deleted; those whose download was kept with a plus. */
    deleted,
    /** The workers that a version has started, in their order. */
    workers: (name: string, version: string) => workersOf.get(`${name} ${version}`) ?? [],
    /** Registers an archive and resolves when its worker is ready. */
    serve: async (url: string, workers?: { readonly min: number; readonly max: number }) => {
      const { key, started } = await control.register({ url, workers });
      for (const worker of workersOf.get(`${key.name} ${key.version}`) ?? []) worker.becomeReady();
      await started;
      return registry.resolve(key.name, key.version);
    },
  };
}

function written(versions: readonly VersionSnapshot[], kind: string): string {
  const names = versions.map(({ key, isDefault }) => `${key.name} ${key.version}${isDefault ? '*' : ''}`);
  return `${kind}: ${names.join(', ')}`;
}

function unpack(url: string, options: SiteOptions, deleted: string[]): UnpackedModel {
  const { golden: requests = [], defaults = {} } = options;
  const [, modelName, modelVersion] = /^(.+)-(.+)\.mar$/.exec(url) ?? [];
  if (modelName === undefined || modelVersion === undefined) {
    throw new ServeError('archive_not_found', `Model not found at: ${url}`);
  }
  return {
    manifest: { runtime: 'node', model: { modelName, modelVersion, handler: 'handler.mjs' } },
    modelConfig: '{}',
    defaults,
    routes: [],
    needs: options.needs?.[url] ?? [],
    warnings: [],
    modelDir: `/unpacked/${url}`,
    url,
    modifiedMs: 0,
    golden: requests,
    restoreFiles: () => undefined,
    remove: async ({ keepsDownload = false } = {}) => void deleted.push(`${url}${keepsDownload ? '+' : ''}`),
  };
}
