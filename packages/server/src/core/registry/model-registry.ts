/** Every registered version by name, and which of them is the default. */
import { ServeError } from '../errors.ts';
import type { ModelKey } from '../model-key.ts';
import type { RegisteredVersion } from './registered-version.ts';
import { StartupStatus } from './startup-status.ts';

interface ModelEntry<V> {
  defaultVersion: string;
  readonly versions: Map<string, V>;
}

/** Names and versions are matched exactly. */
export class ModelRegistry<V extends { readonly key: ModelKey } = RegisteredVersion> {
  /** The models of the start; by default there were none. */
  readonly startup: StartupStatus;
  readonly #models = new Map<string, ModelEntry<V>>();
  /** Names and versions whose registration has begun. */
  readonly #reserved = new Map<string, Set<string>>();
  readonly #watchers = new Set<() => void>();
  #lastSerial = 0;

  constructor(startup = new StartupStatus()) {
    this.startup = startup;
    startup.watch(() => this.changed());
  }

  /** Calls back after each change of what it holds, and of what is known of that; until the result is called. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Something was found out of a version or of a model of the start. */
  changed(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Model names in alphabetical order. */
  names(): string[] {
    return [...this.#models.keys()].sort();
  }

  /** All versions of all models. */
  all(): V[] {
    return [...this.#models.values()].flatMap(({ versions }) => [...versions.values()]);
  }

  /**
   * Keeps a key for a registration that has begun, until `release`.
   * @throws ServeError `already_registered`
   */
  reserve({ name, version }: ModelKey): void {
    const reserved = this.#reserved.get(name) ?? new Set();
    if (reserved.has(version) || this.#models.get(name)?.versions.has(version)) {
      throw new ServeError('already_registered', `Model version ${version} is already registered for model ${name}`);
    }
    this.#reserved.set(name, reserved.add(version));
  }

  /** A number for a registration, which no other has. */
  nextSerial(): number {
    return (this.#lastSerial += 1);
  }

  /** Gives a reserved key back. */
  release({ name, version }: ModelKey): void {
    const reserved = this.#reserved.get(name);
    reserved?.delete(version);
    if (reserved?.size === 0) this.#reserved.delete(name);
  }

  /** Adds a version; the first of its name becomes the default. */
  add(registered: V): void {
    const { name, version } = registered.key;
    const entry = this.#models.get(name) ?? { defaultVersion: version, versions: new Map<string, V>() };
    entry.versions.set(version, registered);
    this.#models.set(name, entry);
    this.changed();
  }

  /**
   * Removes a version; when it was the default, the version registered last takes its place.
   * @returns false when this very registration is not here any more
   */
  remove(registered: V): boolean {
    const { name, version } = registered.key;
    const entry = this.#models.get(name);
    if (entry?.versions.get(version) !== registered) return false;
    entry.versions.delete(version);
    const last = [...entry.versions.keys()].at(-1);
    if (last === undefined) this.#models.delete(name);
    else if (entry.defaultVersion === version) entry.defaultVersion = last;
    this.changed();
    return true;
  }

  /** @throws ServeError `default_version_in_use` when the version is the default of a model that has others */
  assertRemovable({ name, version }: ModelKey): void {
    const entry = this.#models.get(name);
    if (entry !== undefined && entry.versions.size > 1 && entry.defaultVersion === version) {
      throw new ServeError('default_version_in_use', `Cannot remove default version for model ${name}`);
    }
  }

  /** The version asked for, or the default one; undefined when it is not there. */
  find({ name, version }: { readonly name: string; readonly version?: string }): V | undefined {
    const entry = this.#models.get(name);
    return entry?.versions.get(version ?? entry.defaultVersion);
  }

  /**
   * The version asked for, or the default one.
   * @throws ServeError `model_not_found` or `version_not_found`; `model_starting` or `model_failed` for one of the start
   */
  resolve(name: string, version?: string): V {
    const entry = this.#entry(name, version);
    const found = entry.versions.get(version ?? entry.defaultVersion);
    if (found !== undefined) return found;
    const notFound = new ServeError('version_not_found', `Model version: ${version} does not exist for model: ${name}`);
    throw this.startup.explain(name, version) ?? notFound;
  }

  /** All versions of a model, the default first. @throws ServeError `model_not_found` */
  versionsOf(name: string): V[] {
    const { versions, defaultVersion } = this.#entry(name);
    const others = [...versions.values()].filter(({ key }) => key.version !== defaultVersion);
    return [this.resolve(name), ...others];
  }

  /** Whether requests that name no version go to this one. */
  isDefault({ name, version }: ModelKey): boolean {
    return this.#models.get(name)?.defaultVersion === version;
  }

  /** @throws ServeError `model_not_found` or `version_not_found` */
  setDefault({ name, version }: ModelKey): void {
    const entry = this.#entry(name, version);
    if (!entry.versions.has(version)) {
      const notFound = new ServeError('version_not_found', `Model version ${version} does not exist for model ${name}`);
      throw this.startup.explain(name, version) ?? notFound;
    }
    entry.defaultVersion = version;
    this.changed();
  }

  #entry(name: string, version?: string): ModelEntry<V> {
    const entry = this.#models.get(name);
    if (entry !== undefined) return entry;
    throw this.startup.explain(name, version) ?? new ServeError('model_not_found', `Model not found: ${name}`);
  }
}
