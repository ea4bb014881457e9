/** What every protocol's management endpoints call: register, scale, choose the default, describe, unregister. */
import { ServeError, toServeError } from './errors.ts';
import type { JobRequest, JobResult } from './job.ts';
import { assertModelName, type ModelKey } from './model-key.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { ModelManifest, ModelSource, UnpackedModel } from './model-source.ts';
import type { RegisteredVersion } from './registered-version.ts';
import { resolveRegistration, type Registration, type RegistrationDefaults } from './registration.ts';
import type { Logger } from './logger.ts';
import type { ModelVersion } from './model-version.ts';
import type { VersionSettings } from './version-settings.ts';

/** Makes the serving part of a version. */
export type CreateVersion = (key: ModelKey, model: UnpackedModel, settings: VersionSettings) => ModelVersion;

export interface ControlPlaneOptions {
  readonly registry: ModelRegistry;
  readonly source: ModelSource;
  readonly createVersion: CreateVersion;
  /** What the server's configuration says for a model that says nothing. */
  readonly defaultsFor: (key: ModelKey, registration: Registration) => RegistrationDefaults;
  /** How long an unregistration waits for requests in flight, in milliseconds. */
  readonly unregisterTimeoutMs: number;
  readonly logger: Logger;
}

/** A registered version, and its workers on their way. */
export interface Registered {
  readonly key: ModelKey;
  readonly workers: number;
  /** Resolves when the workers are ready; rejects with `worker_start_failed`. */
  readonly started: Promise<void>;
}

export class ControlPlane {
  readonly registry: ModelRegistry;
  readonly #options: ControlPlaneOptions;
  /** Registrations and removals that are under way; an ending waits for them. */
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #leaving = new Set<RegisteredVersion>();
  readonly #closing = new AbortController();

  constructor(options: ControlPlaneOptions) {
    this.registry = options.registry;
    this.#options = options;
  }

  /**
   * Unpacks an archive, enters it into the registry and starts its workers; resolves once it is entered.
   * @throws ServeError see `ModelSource.open`; `already_registered`; `invalid_argument`; `shutting_down`
   */
  register(registration: Registration): Promise<Registered> {
    return this.#track(this.#register(registration));
  }

  async #register(registration: Registration): Promise<Registered> {
    const { registry, source } = this.#options;
    let reserved: ModelKey | undefined;
    const admit = ({ model: { modelName, modelVersion } }: ModelManifest) => {
      const key = { name: registration.modelName ?? modelName, version: modelVersion };
      assertModelName(key.name);
      registry.reserve(key);
      reserved = key;
    };
    try {
      const model = await source.open(registration.url, { admit, signal: this.#closing.signal });
      if (reserved === undefined) throw new Error('the model source admitted nothing');
      return await this.#enterUnlessClosing(reserved, model, registration);
    } finally {
      if (reserved !== undefined) registry.release(reserved);
    }
  }

  async #enterUnlessClosing(key: ModelKey, model: UnpackedModel, registration: Registration): Promise<Registered> {
    if (!this.#closing.signal.aborted) return this.#enter(key, withOverrides(model, registration), registration);
    await model.remove();
    throw new ServeError('shutting_down', 'The server is stopping');
  }

  #enter(key: ModelKey, model: UnpackedModel, registration: Registration): Registered {
    const defaults = this.#options.defaultsFor(key, registration);
    const { settings, workers } = resolveRegistration(registration, model.defaults, defaults);
    const serving = this.#options.createVersion(key, model, settings);
    const registered: RegisteredVersion = {
      key,
      serving,
      model,
      loadedAtStartup: registration.loadedAtStartup ?? false,
    };
    this.#options.registry.add(registered);
    this.#options.logger.info('model registered', { model: key.name, version: key.version, workers: workers.min });
    const started = this.#start(registered, workers, registration.undoOnFailure ?? false);
    started.catch(() => {});
    return { key, workers: workers.min, started };
  }

  async #start(registered: RegisteredVersion, workers: { min: number; max: number }, undo: boolean): Promise<void> {
    try {
      await registered.serving.scale(workers.min, workers.max);
    } catch (error) {
      if (undo) await this.#remove(registered);
      throw error;
    }
  }

  /**
   * Sets the number of workers; resolves when it is reached, rejects with `worker_start_failed`.
   * @throws ServeError at once for a version that is unknown or numbers that make no sense
   */
  scale(target: { readonly name: string; readonly version?: string }, min: number, max: number): Promise<void> {
    if (max < min) throw new ServeError('invalid_argument', 'max_worker cannot be less than min_worker.');
    const { key, serving } = this.#options.registry.resolve(target.name, target.version);
    this.#options.logger.info('model scaled', { model: key.name, version: key.version, min, max });
    return serving.scale(min, max);
  }

  /**
   * Takes a version out of the registry, finishes its requests in flight, ends its workers and deletes its files.
   * @throws ServeError `default_version_in_use`, `unregister_timeout`, `…_not_found`
   */
  async unregister(name: string, version?: string): Promise<void> {
    const registered = this.#options.registry.resolve(name, version);
    this.#options.registry.assertRemovable(registered.key);
    const inTime = await this.#remove(registered);
    if (!inTime) throw new ServeError('unregister_timeout', `Timed out while cleaning resources: ${name}`);
  }

  /** Asks a worker for the handler's own description. @throws ServeError `no_worker` and what the handler threw */
  async describe(name: string, version: string | undefined, request: JobRequest): Promise<JobResult> {
    const { serving } = this.#options.registry.resolve(name, version);
    return serving.submit(request);
  }

  /** Ends everything: finishes what is queued as far as `timeoutMs` allows, and deletes what was unpacked. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing.abort();
    const leaving = [...this.#leaving].map(({ serving }) => serving.close(timeoutMs));
    const staying = this.registry.all().map((registered) => this.#remove(registered, timeoutMs));
    await Promise.all([...leaving, ...staying]);
    await Promise.allSettled(this.#underWay);
  }

  /** @returns whether everything was finished in time; true as well when somebody else is removing it */
  #remove(registered: RegisteredVersion, timeoutMs = this.#options.unregisterTimeoutMs): Promise<boolean> {
    if (!this.registry.remove(registered)) return Promise.resolve(true);
    return this.#track(this.#finish(registered, timeoutMs));
  }

  async #finish(registered: RegisteredVersion, timeoutMs: number): Promise<boolean> {
    const { key, serving, model } = registered;
    const { registry } = this.#options;
    this.#leaving.add(registered);
    // Its metrics and files go under its key: until they are gone, nobody else can have it.
    registry.reserve(key);
    const inTime = await serving.close(timeoutMs);
    await model.remove().catch((error: unknown) => {
      this.#options.logger.error('unpacked files could not be deleted', {
        modelDir: model.modelDir,
        error: toServeError(error),
      });
    });
    registry.release(key);
    this.#leaving.delete(registered);
    this.#options.logger.info('model unregistered', { model: key.name, version: key.version, inTime });
    return inTime;
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const forget = () => this.#underWay.delete(work);
    work.then(forget, forget);
    return work;
  }
}

/** The request's own handler and runtime replace the manifest's. */
function withOverrides(model: UnpackedModel, { handler, runtime, modelName }: Registration): UnpackedModel {
  const { manifest } = model;
  const overrides = { ...(handler !== undefined && { handler }), ...(modelName !== undefined && { modelName }) };
  return {
    ...model,
    manifest: { ...manifest, runtime: runtime ?? manifest.runtime, model: { ...manifest.model, ...overrides } },
  };
}
