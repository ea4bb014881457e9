/** The registry as a front end knows it: what the main process has told it last. */
import type { ServeError } from '../../core/errors.ts';
import { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { FrontEndCounts, RegistryState, VersionDemand } from '../messages.ts';
import { ServedVersion, type ServedVersionParts } from './served-version.ts';

/** What it is made with. */
export interface ReplicaOptions extends ServedVersionParts {
  /** How long a version that was unregistered may take for what it has, in milliseconds. */
  readonly closeTimeoutMs: number;
}

/** The versions that are registered, and those that finish what they have. */
export class Replica {
  /** Where requests find their version. */
  readonly registry = new ModelRegistry<ServedVersion>();
  readonly #options: ReplicaOptions;
  readonly #leaving = new Map<ServedVersion, Promise<void>>();

  constructor(options: ReplicaOptions) {
    this.#options = options;
  }

  /** The seats of all workers that it is connected to. */
  get seats(): number[] {
    return this.#all().flatMap(({ seats }) => seats);
  }

  /** Those whose number of workers follows the load, while somebody waits for one or one could be spared. */
  get demands(): VersionDemand[] {
    return this.registry.all().flatMap(({ demand }) => demand ?? []);
  }

  /** What has become of jobs since the last call. */
  takeFigures(): FrontEndCounts['figures'] {
    return this.#all().map((version) => ({ key: version.key, figures: version.takeFigures() }));
  }

  /** How many jobs wait for each version. */
  get queues(): FrontEndCounts['queues'] {
    return this.registry.all().map(({ key, queueLength: length }) => ({ key, length }));
  }

  /** Takes it over in one step: no request comes in between. */
  apply({ versions, missing }: RegistryState): void {
    const { registry } = this;
    registry.startup.copy(missing);
    const former = new Set(registry.all());
    for (const state of versions) {
      const known = registry.find(state.key);
      // The same key may have been registered again.
      if (known !== undefined && known.isOf(state)) {
        former.delete(known);
        known.update(state);
        continue;
      }
      if (known !== undefined) registry.remove(known);
      registry.add(new ServedVersion(state, this.#options));
    }
    for (const { key, isDefault } of versions) if (isDefault) registry.setDefault(key);
    for (const version of former) this.#remove(version, this.#options.closeTimeoutMs);
  }

  /** A worker's process has ended. */
  workerGone(seat: number, error: ServeError): void {
    for (const version of this.#all()) version.workerGone(seat, error);
  }

  /** Finishes what all of them have, as far as the time allows. */
  async close(timeoutMs: number): Promise<void> {
    for (const version of this.registry.all()) this.#remove(version, timeoutMs);
    const hurried = [...this.#leaving.keys()].map((version) => version.close(timeoutMs));
    await Promise.all([...this.#leaving.values(), ...hurried]);
  }

  #all(): ServedVersion[] {
    return [...this.registry.all(), ...this.#leaving.keys()];
  }

  #remove(version: ServedVersion, timeoutMs: number): void {
    this.registry.remove(version);
    const closed = version.close(timeoutMs).finally(() => this.#leaving.delete(version));
    this.#leaving.set(version, closed);
  }
}
