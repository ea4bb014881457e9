/** What every protocol's management endpoints call: register, scale, choose the default, describe, unregister. */
import { ServeError } from './errors.ts';
import { callerSignal } from './jobs/caller-signal.ts';
import type { JobRequest, JobResult } from './jobs/job.ts';
import type { ModelKey } from './model-key.ts';
import { awaitNeeds, unlessNeedsMiss } from './registry/needs-readiness.ts';
import { assertNoCircle, assertNotNeeded, type NeedingVersion } from './registry/model-needs.ts';
import type { ModelRegistry } from './registry/model-registry.ts';
import type { StoredArchive } from './registry/model-source.ts';
import type { Registration, WorkerRange } from './registry/registration.ts';
import type { RegisterOptions, UnregisterOptions } from './registry/register-options.ts';
import { RegistrySnapshot, type RegistrySnapshotOptions, type VersionSnapshot } from './registry/registry-snapshot.ts';
import { Replacements, type Replacement } from './registry/replacements.ts';
import type { RegisteredVersion } from './registry/registered-version.ts';
import { scaleOrUndo } from './registry/scaling.ts';
import { openVersion, type OpenedVersion, type VersionOpenerOptions } from './registry/version-opener.ts';
import { admitWorkers } from './workers/worker-limits.ts';
import { assertRegistered, scaleUntilReady } from './registry/version-readiness.ts';
import { VersionRemover } from './registry/version-remover.ts';

/** Everything that it takes to register versions, write them down, and end them. */
export interface ControlPlaneOptions extends VersionOpenerOptions, RegistrySnapshotOptions {
  /** How long an unregistration waits for requests in flight, in milliseconds. */
  readonly unregisterTimeoutMs: number;
}

/** A registered version, and its workers on their way. */
export interface Registered {
  /** Name and version, as the archive or the request says. */
  readonly key: ModelKey;
  /** See `UnpackedModel`. */
  readonly warnings: readonly string[];
  /** How many are being started. */
  readonly workers: number;
  /** The version whose place it takes. */
  readonly replaces?: ModelKey;
  /**
   * Resolves when what it needs is ready, the workers are, golden requests are answered as expected, the version is written down and the
   * replaced one is gone; rejects with `needs_not_ready`, `worker_start_failed` or `golden_mismatch`, and as `replaceDefault` does.
   */
  readonly started: Promise<void>;
}

/** A version whose number of workers was set. */
export interface Scaled {
  /** The version that was meant; the default one when none was named. */
  readonly key: ModelKey;
  /**
   * Resolves when the number is reached and warm; rejects with `worker_start_failed`, and the number is what it was
   * before, or with `golden_mismatch`.
   */
  readonly reached: Promise<void>;
}

/** Changes the registry: each change is done whole, written down, or undone. */
export class ControlPlane {
  /** The versions that there are. */
  readonly registry: ModelRegistry;
  readonly #options: ControlPlaneOptions;
  readonly #snapshot: RegistrySnapshot;
  readonly #remover: VersionRemover;
  readonly #replacements: Replacements;
  /** Registrations that are under way; an ending waits for them. */
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(options: ControlPlaneOptions) {
    this.registry = options.registry;
    this.#options = options;
    const { unregisterTimeoutMs: timeoutMs } = options;
    const snapshot = new RegistrySnapshot(options);
    const remover = new VersionRemover({ ...options, snapshot, timeoutMs });
    this.#snapshot = snapshot;
    this.#remover = remover;
    this.#replacements = new Replacements({ ...options, snapshot, remover });
  }

  /**
   * Unpacks an archive, enters it into the registry and starts its workers; resolves once it is entered.
   * @throws ServeError see `ModelSource.open`; `already_registered`; `invalid_argument`; `shutting_down`
   */
  register(registration: Registration, options: RegisterOptions = {}): Promise<Registered> {
    return this.#track(this.#register(registration, options));
  }

  async #register(registration: Registration, options: RegisterOptions): Promise<Registered> {
    const { replacesDefault = false, caller } = options;
    const admit = (version: NeedingVersion) => this.#admit(version, options);
    const opening = { registration, admit, signal: this.#closing.signal, fetchSignal: callerSignal(caller) };
    const opened = await openVersion(opening, this.#options);
    const { registered, workers } = opened;
    const { key, model } = registered;
    const { warnings } = model;
    this.registry.startup.replacedBy(key, registration.url);
    const former = this.registry.resolve(key.name);
    if (replacesDefault && former !== registered) {
      const undo = async () => void (await this.#remover.remove(registered));
      const replacement = { former, next: registered, workers };
      const started = this.#replace(replacement, undo, options.needsTimeoutMs);
      started.catch(() => {});
      return { key, warnings, workers: workers.min, replaces: former.key, started };
    }
    if (options.staysOnFailure || options.countsAtOnce) this.#snapshot.keep(registered);
    const started = this.#start(opened, options);
    started.catch(() => {});
    if (options.countsAtOnce) await this.#snapshot.save();
    return { key, warnings, workers: workers.min, started };
  }

  /** What a start restores, in whatever order, was right when it was written down. */
  #admit(version: NeedingVersion, { replacesDefault = false, isForced = false }: RegisterOptions): void {
    const { registry } = this;
    const former = registry.find({ name: version.key.name });
    assertNoCircle(registry, version, replacesDefault || former === undefined);
    if (replacesDefault && former !== undefined && !isForced) assertNotNeeded(registry, [former], { isReplaced: true });
  }

  async #replace(replacement: Replacement, undo: () => Promise<void>, needsTimeoutMs?: number): Promise<void> {
    try {
      await this.#awaitNeeds(replacement.next, { needsTimeoutMs });
    } catch (error) {
      await undo();
      throw error;
    }
    await this.#replacements.run(replacement, undo);
  }

  #awaitNeeds(registered: RegisteredVersion, options: RegisterOptions): Promise<void> {
    const { needsTimeoutMs: timeoutMs, staysOnFailure: stays = false } = options;
    return awaitNeeds(this.registry, registered, { timeoutMs, stays, signal: this.#closing.signal });
  }

  async #start({ registered, workers }: OpenedVersion, options: RegisterOptions): Promise<void> {
    const { staysOnFailure } = options;
    try {
      await this.#awaitNeeds(registered, options);
      await scaleUntilReady(registered.serving, workers);
      await registered.golden.verify().catch(unlessNeedsMiss);
      assertRegistered(registered, this.registry);
    } catch (error) {
      if (!staysOnFailure) await this.#remover.remove(registered);
      throw error;
    }
    if (this.#snapshot.has(registered)) return;
    this.#snapshot.keep(registered);
    await this.#snapshot.save();
  }

  /**
   * Registers a version as it was written down, and starts its workers; resolves once it is entered.
   * @throws ServeError as `register`; `invalid_archive` when the archive holds another version now
   */
  restore(
    { key, isDefault, registration, downloadedAs }: VersionSnapshot,
    { needsTimeoutMs }: RegisterOptions = {},
  ): Promise<Registered> {
    const restoring = async () => {
      const asked = { registration: { ...registration, modelName: key.name }, version: key.version };
      const reusesDownload = downloadedAs !== undefined;
      const opened = await openVersion({ ...asked, reusesDownload, signal: this.#closing.signal }, this.#options);
      if (isDefault) this.registry.setDefault(key);
      this.#snapshot.keep(opened.registered);
      const started = this.#start(opened, { staysOnFailure: true, needsTimeoutMs });
      started.catch(() => {});
      const { warnings } = opened.registered.model;
      return { key, warnings, workers: opened.workers.min, started };
    };
    return this.#track(restoring());
  }

  /** What could be registered: the archives of the model store. @throws ServeError `storage_failed` */
  archives(): Promise<StoredArchive[]> {
    return this.#options.source.list();
  }

  /** Writes down what was registered and restored at the start. */
  recordStart(): Promise<void> {
    return this.#snapshot.save('startup');
  }

  /**
   * Sets the number of workers; resolves when that is written down.
   * @throws ServeError for numbers that make no sense, `…_not_found`, `replacement_under_way`
   */
  async scale(target: { readonly name: string; readonly version?: string }, workers: WorkerRange): Promise<Scaled> {
    const { min, max } = workers;
    if (max < min) throw new ServeError('invalid_argument', 'max_worker cannot be less than min_worker.');
    const registered = this.registry.resolve(target.name, target.version);
    const { key, golden } = registered;
    this.#replacements.assertNotIn(key);
    const { workerLimits: limits } = this.#options;
    admitWorkers(key, { range: workers, isAsked: true }, { registry: this.registry, limits });
    this.#options.logger.info('model scaled', { model: key.name, version: key.version, min, max });
    const parts = { ...this.#options, snapshot: this.#snapshot };
    const reached = scaleOrUndo(registered, workers, parts).then(() => golden.verify());
    reached.catch(() => {});
    if (this.#snapshot.has(registered)) await this.#snapshot.save();
    return { key, reached };
  }

  /**
   * Makes a version the one that serves requests which name none; resolves when that is written down.
   * @throws ServeError `…_not_found`, `golden_mismatch`, `replacement_under_way`, `circular_needs`
   */
  async setDefault(key: ModelKey): Promise<void> {
    await this.registry.find(key)?.golden.verify();
    this.#replacements.assertNone(key.name);
    const registered = this.registry.find(key);
    if (registered !== undefined) assertNoCircle(this.registry, registered, true);
    this.registry.setDefault(key);
    this.#snapshot.chooseDefault(key.name);
    this.#options.logger.info('default version set', { model: key.name, version: key.version });
    await this.#snapshot.save();
  }

  /**
   * Makes a version the default one in place of another: gives it as many workers as that has, warms it, switches from
   * one moment to the next, finishes what the former has and unregisters it. When the version does not become ready,
   * everything is as it was before.
   * @returns the version that was replaced; undefined when it was the default one already
   * @throws ServeError as `setDefault`; `model_needed`; `worker_start_failed`; `unregister_timeout`, although it is the default one then
   */
  async replaceDefault(key: ModelKey, { isForced = false }: UnregisterOptions = {}): Promise<ModelKey | undefined> {
    const former = this.registry.resolve(key.name);
    const next = this.registry.resolve(key.name, key.version);
    if (next === former) {
      await this.setDefault(key);
      return undefined;
    }
    this.#replacements.assertNone(key.name);
    this.#admit(next, { replacesDefault: true, isForced });
    const { workers } = next.serving;
    await this.#replacements.run({ former, next, workers }, async () => {
      // When the server ends, it has none any more. Why one does not start is in the log.
      if (this.registry.find(key) === next) await next.serving.scale(workers.min, workers.max).catch(() => {});
    });
    return former.key;
  }

  /**
   * Takes a version out of the registry, finishes its requests in flight, ends its workers and deletes its files. One
   * that could not be restored is not tried again at the next start.
   * @throws ServeError `default_version_in_use`, `unregister_timeout`, `replacement_under_way`, `model_needed`, `…_not_found`
   */
  async unregister(name: string, version?: string, { isForced = false }: UnregisterOptions = {}): Promise<void> {
    if (!this.registry.find({ name, version }) && this.#forgetMissing(name, version)) return this.#snapshot.save();
    const registered = this.registry.resolve(name, version);
    this.#replacements.assertNotIn(registered.key);
    this.registry.assertRemovable(registered.key);
    if (!isForced) assertNotNeeded(this.registry, [registered]);
    const inTime = await this.#remover.remove(registered);
    if (!inTime) throw new ServeError('unregister_timeout', `Timed out while cleaning resources: ${name}`);
  }

  /** Unregisters all versions of a model, the default one last. @throws ServeError as `unregister` */
  async unregisterAll(name: string, { isForced = false }: UnregisterOptions = {}): Promise<void> {
    const versions = this.registry.find({ name }) === undefined ? [] : this.registry.versionsOf(name);
    if (versions.length === 0) return this.unregister(name);
    if (!isForced) assertNotNeeded(this.registry, versions);
    for (const { key } of versions.toReversed()) await this.unregister(name, key.version, { isForced: true });
  }

  #forgetMissing(name: string, version?: string): boolean {
    const isOfStart = this.registry.startup.forget(name, version);
    return this.#snapshot.forgetMissing(name, version) || isOfStart;
  }

  /** Asks a worker for the handler's own description. @throws ServeError `no_worker` and what the handler threw */
  async describe(name: string, version: string | undefined, request: JobRequest): Promise<JobResult> {
    const { serving } = this.#options.registry.resolve(name, version);
    return serving.dispatcher.submit(request);
  }

  /** Ends everything: finishes what is queued as far as `timeoutMs` allows, and deletes what was unpacked. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing.abort();
    const written = this.#snapshot.close();
    await Promise.all([written, this.#remover.removeAll(timeoutMs)]);
    await Promise.allSettled(this.#underWay);
    // What was opened meanwhile was undone.
    await this.#remover.removeAll(timeoutMs);
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const forget = () => this.#underWay.delete(work);
    work.then(forget, forget);
    return work;
  }
}
