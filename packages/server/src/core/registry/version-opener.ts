/** From a registration to a version in the registry, without workers yet: finds, checks and unpacks its archive. */
import { ServeError } from '../errors.ts';
import { GoldenCheck, type AwaitedNeeds, type GoldenCodec, type GoldenComparison } from '../golden/golden-check.ts';
import type { Logger } from '../logger.ts';
import { assertModelKey, type ModelKey } from '../model-key.ts';
import type { ModelRegistry } from './model-registry.ts';
import { assertNeedsReady, missingNeeds, watchNeeds } from './needs-readiness.ts';
import type { NeedingVersion } from './model-needs.ts';
import type { ModelManifest, ModelSource, UnpackedModel } from './model-source.ts';
import type { AdmitRoutes } from './model-routes.ts';
import type { ModelVersion } from '../model-version.ts';
import type { RegisteredVersion } from './registered-version.ts';
import { admitWorkers, type WorkerLimits } from '../workers/worker-limits.ts';
import { resolveRegistration, type Registration, type RegistrationDefaults, type WorkerRange } from './registration.ts';
import type { VersionSettings } from './version-settings.ts';

/** Makes the serving part of a version. */
export type CreateVersion = (key: ModelKey, model: UnpackedModel, settings: VersionSettings) => ModelVersion;

/** What turns an archive into a registered version. */
export interface VersionOpenerOptions {
  /** Where the version is entered; its key is reserved while its archive is unpacked. */
  readonly registry: ModelRegistry;
  /** Where the archive comes from. */
  readonly source: ModelSource;
  /** Makes what serves it, without workers yet. */
  readonly createVersion: CreateVersion;
  /** What the server's configuration says for a model that says nothing. */
  readonly defaultsFor: (key: ModelKey, registration: Registration) => RegistrationDefaults;
  /** How many workers a registration may ask for. */
  readonly workerLimits: WorkerLimits;
  /** How golden requests are sent, and their answers read. */
  readonly goldenCodec: GoldenCodec;
  /** Judges the answers to its golden requests. */
  readonly compareGolden: GoldenComparison;
  /** @throws ServeError for routes that others have, or that no handler may have */
  readonly admitRoutes: AdmitRoutes;
  /** Told of each registration; each version gets a child with its key. */
  readonly logger: Logger;
}

/** One archive that is to become a version. */
export interface Opening {
  /** What was asked for. */
  readonly registration: Registration;
  /** The one that the archive must hold; undefined for any. */
  readonly version?: string;
  /** See `OpenOptions`. */
  readonly reusesDownload?: boolean;
  /** Called just before it is entered; what it throws ends the registration. */
  readonly admit?: (version: NeedingVersion) => void;
  /** Gives up. */
  readonly signal: AbortSignal;
  /** Gives up fetching the archive. */
  readonly fetchSignal?: AbortSignal;
}

/** A version in the registry, its workers still to be started. */
export interface OpenedVersion {
  /** Entered under its key. */
  readonly registered: RegisteredVersion;
  /** How many workers it is to have. */
  readonly workers: WorkerRange;
}

/** @throws ServeError see `ModelSource.open`; `already_registered`; `invalid_argument`; `shutting_down` */
export async function openVersion(opening: Opening, options: VersionOpenerOptions): Promise<OpenedVersion> {
  const { registry, source } = options;
  let reserved: ModelKey | undefined;
  const admit = (manifest: ModelManifest) => {
    const key = keyOf(manifest, opening);
    registry.reserve(key);
    reserved = key;
  };
  try {
    const { url, handler, config } = opening.registration;
    const { version, reusesDownload, signal, fetchSignal } = opening;
    const asked = { handler, config, version, reusesDownload, signal, fetchSignal };
    const model = await source.open(url, { ...asked, admit });
    if (reserved === undefined) throw new Error('the model source admitted nothing');
    try {
      if (opening.signal.aborted) throw new ServeError('shutting_down', 'The server is stopping');
      return enter({ key: reserved, model: withOverrides(model, opening.registration), opening }, options);
    } catch (error) {
      await model.remove({ keepsDownload: opening.reusesDownload });
      throw error;
    }
  } finally {
    if (reserved !== undefined) registry.release(reserved);
  }
}

function keyOf({ model }: ModelManifest, { registration, version }: Opening): ModelKey {
  const key = { name: registration.modelName ?? model.modelName, version: model.modelVersion };
  assertModelKey(key);
  if (version === undefined || version === key.version) return key;
  const problem = `expected version ${version} of model ${key.name}, came version ${key.version}`;
  throw new ServeError('invalid_archive', `${registration.url}: ${problem}`);
}

interface Entry {
  readonly key: ModelKey;
  readonly model: UnpackedModel;
  readonly opening: Opening;
}

function enter({ key, model, opening }: Entry, options: VersionOpenerOptions): OpenedVersion {
  const { registration } = opening;
  const resolved = resolveRegistration(registration, model.defaults, options.defaultsFor(key, registration));
  const { settings } = resolved;
  options.admitRoutes(key, model.routes);
  opening.admit?.({ key, model });
  const workers = admitWorkers(key, resolved.workers, { registry: options.registry, limits: options.workerLimits });
  const serving = options.createVersion(key, model, settings);
  const logger = options.logger.child({ model: key.name, version: key.version });
  const golden = new GoldenCheck({
    requests: model.golden,
    serving,
    codec: options.goldenCodec,
    compare: options.compareGolden,
    logger,
    onKnown: () => options.registry.changed(),
    isRegistered: () => options.registry.find(key)?.serving === serving,
    needs: model.needs.length === 0 ? undefined : awaitedNeeds(options.registry, { key, model }),
  });
  const registered = { key, serial: options.registry.nextSerial(), serving, model, golden, registration };
  options.registry.add(registered);
  logger.info('model registered', { workers: workers.min });
  for (const warning of model.warnings) logger.warn('a part of the model means nothing', { warning });
  return { registered, workers };
}

function awaitedNeeds(registry: ModelRegistry, version: NeedingModel): AwaitedNeeds {
  return {
    assertReady: () => assertNeedsReady(version, missingNeeds(registry, version)),
    watch: (listener) => watchNeeds(registry, version, listener),
  };
}

type NeedingModel = Pick<RegisteredVersion, 'key' | 'model'>;

/** The request's own handler and runtime replace the manifest's. */
function withOverrides(model: UnpackedModel, { handler, runtime, modelName }: Registration): UnpackedModel {
  const { manifest } = model;
  const overrides = { ...(handler !== undefined && { handler }), ...(modelName !== undefined && { modelName }) };
  return {
    ...model,
    manifest: { ...manifest, runtime: runtime ?? manifest.runtime, model: { ...manifest.model, ...overrides } },
  };
}
