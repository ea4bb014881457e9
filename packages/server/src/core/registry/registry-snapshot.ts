/** The registry as it is written down: what was acknowledged, whether it has been restored yet or not. */
import type { ModelKey } from '../model-key.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';
import type { Registration, WorkerRange } from './registration.ts';
import type { VersionSettings } from './version-settings.ts';

/** One version, with all that it takes to register it again. */
export interface VersionSnapshot {
  /** The name and version that it is restored under. */
  readonly key: ModelKey;
  /** Whether requests without a version went to it. */
  readonly isDefault: boolean;
  /** What requests said of it; what the model's config and the server's say is looked up there again. */
  readonly registration: Registration;
  /** See `UnpackedModel`. */
  readonly downloadedAs?: string;
  /** How it was served, for people and other programs. */
  readonly served: ServedAs;
}

/** Facts about a version that nobody reads back; the registration restores it. */
export interface ServedAs {
  /** As its workers had it. */
  readonly runtime: string;
  /** How many it had to have when it was written down. */
  readonly workers: WorkerRange;
  /** All of them, whoever said them. */
  readonly settings: VersionSettings;
}

/** Why a snapshot is written. */
export type SnapshotKind = 'startup' | 'snapshot' | 'shutdown';

/** Writes snapshots down; `config/` provides it. */
export interface SnapshotWriter {
  /** Resolves when these versions, or those of a later call, are written down or could not be; never rejects. */
  write(versions: readonly VersionSnapshot[], kind: SnapshotKind): Promise<void>;
}

/** What is written down, and where; without `snapshots`, nothing is. */
export interface RegistrySnapshotOptions {
  /** Whose versions these are. */
  readonly registry: ModelRegistry;
  /** Writes down every change; without it nothing outlives the server, downloaded archives included. */
  readonly snapshots?: SnapshotWriter;
  /** What an earlier server wrote down: it stays written down, be it restored or not. */
  readonly toBeRestored?: readonly VersionSnapshot[];
}

/** Notes what is to outlive the server, and writes it down when told. */
export class RegistrySnapshot {
  readonly #registry: ModelRegistry;
  readonly #writer: SnapshotWriter | undefined;
  readonly #kept = new Set<RegisteredVersion>();
  readonly #changes = new WeakMap<RegisteredVersion, Partial<Registration>>();
  /** What was to be restored and is not registered, or not yet. */
  #missing: readonly VersionSnapshot[];
  #isWritten = false;
  #isClosed = false;

  constructor({ registry, snapshots, toBeRestored = [] }: RegistrySnapshotOptions) {
    this.#registry = registry;
    this.#writer = snapshots;
    this.#missing = toBeRestored;
  }

  /** Writes the present state down; resolves when that is done, or could not be. */
  save(kind: SnapshotKind = 'snapshot'): Promise<void> {
    if (this.#isClosed || this.#writer === undefined) return Promise.resolve();
    this.#isWritten = true;
    return this.#writer.write(this.capture(), kind);
  }

  /**
   * Writes the present state down as the last one, unless the start was not even written down: from now on, the registry
   * empties because the server ends.
   */
  close(): Promise<void> {
    const written = this.#isWritten ? this.save('shutdown') : Promise.resolve();
    this.#isClosed = true;
    return written;
  }

  /** Whether a version is only removed because the server ends, and is there again with the next one. */
  outlivesServer(registered: RegisteredVersion): boolean {
    return this.#isClosed && this.#writer !== undefined && this.has(registered);
  }

  /** Whether a version is written down. */
  has(registered: RegisteredVersion): boolean {
    return this.#kept.has(registered);
  }

  /** Takes a version in; one of its key that was missing is not any more. */
  keep(registered: RegisteredVersion): void {
    this.#kept.add(registered);
    this.#missing = this.#missing.filter(({ key }) => !isSame(key, registered.key));
  }

  /** All that was said of a version, at its registration and since. */
  registrationOf(registered: RegisteredVersion): Registration {
    return { ...registered.registration, ...this.#changes.get(registered) };
  }

  /** Notes what was said of a version since its registration. */
  note(registered: RegisteredVersion, changes: Partial<Registration>): void {
    this.#changes.set(registered, { ...this.#changes.get(registered), ...changes });
  }

  /** Leaves a version out from now on; false when it was not in. */
  forget(registered: RegisteredVersion): boolean {
    return this.#kept.delete(registered);
  }

  /** Leaves a missing version out from now on, the default one when none is named; false when there is no such. */
  forgetMissing(name: string, version?: string): boolean {
    const before = this.#missing.length;
    this.#missing = this.#missing.filter(
      ({ key, isDefault }) => key.name !== name || (version === undefined ? !isDefault : key.version !== version),
    );
    return this.#missing.length < before;
  }

  /** A default version was chosen: it is none of those that are missing. */
  chooseDefault(name: string): void {
    this.#missing = this.#missing.map((each) => (each.key.name === name ? { ...each, isDefault: false } : each));
  }

  /** The versions as they are now. */
  capture(): VersionSnapshot[] {
    return [...[...this.#kept].map((registered) => this.#describe(registered)), ...this.#missing];
  }

  #describe(registered: RegisteredVersion): VersionSnapshot {
    const { key, model, serving } = registered;
    const registration = this.registrationOf(registered);
    const workers = registration.workers ?? serving.workers;
    const { runtime } = model.manifest;
    return {
      key,
      isDefault: this.#registry.isDefault(key) && !this.#missesDefaultOf(key.name),
      registration,
      downloadedAs: model.downloadedAs,
      served: { runtime, workers, settings: serving.settings },
    };
  }

  #missesDefaultOf(name: string): boolean {
    return this.#missing.some(({ key, isDefault }) => isDefault && key.name === name);
  }
}

function isSame(one: ModelKey, other: ModelKey): boolean {
  return one.name === other.name && one.version === other.version;
}
