/** The model store as Triton's model repository: which models there are, and loading and unloading them; the same over REST and gRPC. */
import type { ControlPlane } from '../../../core/control-plane.ts';
import { ServeError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/jobs/job.ts';
import { compareVersions } from '../../../core/registry/compare-versions.ts';
import type { StoredArchive } from '../../../core/registry/model-source.ts';
import type { RegisteredVersion } from '../../../core/registry/registered-version.ts';
import { readinessOf, whenReady } from '../../../core/registry/version-readiness.ts';
import type { Planes } from '../../protocol.ts';
import { createTurns } from './in-turn.ts';
import { repositoryIndex, type ModelIndex } from './repository-index.ts';

/** What a client says beside a model's name. */
export type RepositoryParameters = Readonly<Record<string, unknown>>;

/** What Triton's extension can do; loads and unloads of one model are run one after the other. */
export interface Repository {
  /** The models of the store and those that are loaded. @param isReady whether only those are wanted that can serve */
  index(isReady: boolean): Promise<ModelIndex[]>;
  /**
   * Registers the newest version of the model that the store holds, in place of the default version, and resolves when it can
   * serve; one that is loaded stays.
   * @throws ServeError as `ControlPlane.register`; `not_implemented` for another configuration, `already_registered` for an archive
   * that was changed under its version, `method_not_allowed` where models may not be registered
   */
  load(name: string, parameters: RepositoryParameters, caller: Caller): Promise<void>;
  /**
   * Unregisters all versions of the model; with `force` although others ask for it.
   * @throws ServeError as `ControlPlane.unregister`, and as `load` does
   */
  unload(name: string, parameters: RepositoryParameters): Promise<void>;
}

/** The repository of a server. */
export function createRepository({ controlPlane, modelApiEnabled }: Planes): Repository {
  const assertAllowed = () => {
    if (modelApiEnabled) return;
    throw new ServeError(
      'method_not_allowed',
      'Models are not loaded and unloaded over the network (enable_model_api)',
    );
  };
  const inTurn = createTurns();
  return {
    index: (isReady) => repositoryIndex(controlPlane, isReady),
    async load(name, parameters, caller) {
      assertAllowed();
      refuseOverrides(parameters);
      await inTurn(name, () => load(controlPlane, name, caller));
    },
    async unload(name, parameters) {
      assertAllowed();
      refuseOthers(parameters, 'unload_dependents', 'force');
      await inTurn(name, () => controlPlane.unregisterAll(name, { isForced: parameters.force === true }));
    },
  };
}

/** What a graph asks stays when the graph goes: others may ask it. */
function refuseOthers(parameters: RepositoryParameters, ...known: readonly string[]): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (!known.includes(name)) throw new ServeError('invalid_argument', `Unknown parameter "${name}"`);
    if (typeof value === 'boolean' || value === undefined) continue;
    throw new ServeError('invalid_argument', `Parameter "${name}": expected a boolean, got ${typeof value}`);
  }
}

/** A model is its archive: what was tried when it was packed would not be what is served. */
function refuseOverrides(parameters: RepositoryParameters): void {
  const override = Object.keys(parameters).find((name) => name === 'config' || name.startsWith('file:'));
  if (override === undefined) return refuseOthers(parameters);
  const reason = 'a model is served as its archive has it. Pack another archive, with its model config, and load that';
  throw new ServeError('not_implemented', `Parameter "${override.slice(0, 60)}" is not taken: ${reason}`);
}

async function load(controlPlane: ControlPlane, name: string, caller: Caller): Promise<void> {
  const { registry } = controlPlane;
  const archive = newestOf(await controlPlane.archives(), name);
  const loaded = registry.find({ name, ...(archive && { version: archive.key.version }) });
  if (loaded !== undefined) assertUnchanged(loaded, archive);
  else if (archive === undefined) throw notInStore(name);
  else await (await controlPlane.register({ url: archive.url }, { replacesDefault: true, caller })).started;
  await serve(controlPlane, registry.resolve(name, archive?.key.version));
}

/** @throws ServeError for one that cannot be read, when there is no other */
function newestOf(archives: readonly StoredArchive[], name: string): StoredArchive | undefined {
  const named = archives.filter(({ key }) => key.name === name);
  const [newest] = named
    .filter(({ problem }) => problem === undefined)
    .toSorted((one, other) => compareVersions(other.key.version ?? '', one.key.version ?? ''));
  const [unreadable] = named;
  if (newest === undefined && unreadable?.problem !== undefined) {
    throw new ServeError('invalid_archive', unreadable.problem);
  }
  return newest;
}

function notInStore(name: string): ServeError {
  const advice = 'POST /v2/repository/index lists what it holds';
  return new ServeError(
    'model_not_found',
    `Model not found: no archive of the model store holds "${name}". ${advice}.`,
  );
}

/** A version is what it was when it was loaded: clients may have seen it. */
function assertUnchanged({ key, model }: RegisteredVersion, archive: StoredArchive | undefined): void {
  if (archive?.url !== model.url || archive.modifiedMs === model.modifiedMs) return;
  const what = `${archive.url} was changed since its version ${key.version} of model "${key.name}" was loaded`;
  throw new ServeError('already_registered', `${what}. Give it another version, or unload the model before.`);
}

/** Resolves when the version can serve; one without workers gets one. */
async function serve(controlPlane: ControlPlane, registered: RegisteredVersion): Promise<void> {
  const { key, serving, golden } = registered;
  const { state, reason } = readinessOf(registered);
  if (state === 'failed') throw new ServeError('worker_start_failed', `Model "${key.name}" cannot serve: ${reason}`);
  if (state === 'starting') await whenReady(serving, Math.max(1, serving.workers.min));
  if (state === 'idle' && !serving.canServe) await (await controlPlane.scale(key, { min: 1, max: 1 })).reached;
  await golden.verify();
}
