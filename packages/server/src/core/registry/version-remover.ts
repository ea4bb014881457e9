/** The end of registered versions: they take nothing new, finish what they have, and their files go. */
import { toServeError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';
import type { RegistrySnapshot } from './registry-snapshot.ts';

/** Where versions are removed from, and for how long that waits. */
export interface VersionRemoverOptions {
  /** They leave it at once, and their keys are free when their files are gone. */
  readonly registry: ModelRegistry;
  /** Forgets them, and is written down. */
  readonly snapshot: RegistrySnapshot;
  /** How long a removal waits for requests in flight, in milliseconds. */
  readonly timeoutMs: number;
  /** Told of each removal, and of files that stay behind. */
  readonly logger: Logger;
}

/** Removes versions so that none is removed twice, and the server's end waits for all of them. */
export class VersionRemover {
  readonly #options: VersionRemoverOptions;
  readonly #leaving = new Map<RegisteredVersion, Promise<boolean>>();

  constructor(options: VersionRemoverOptions) {
    this.#options = options;
  }

  /** @returns whether everything was finished in time; true as well when somebody else is removing it */
  async remove(registered: RegisteredVersion, timeoutMs = this.#options.timeoutMs): Promise<boolean> {
    if (!this.#options.registry.remove(registered)) return true;
    const finished = this.#finish(registered, timeoutMs);
    this.#leaving.set(registered, finished);
    try {
      return await finished;
    } finally {
      this.#leaving.delete(registered);
    }
  }

  /** Removes all that are registered, and lets those that leave already have no more than `timeoutMs`. */
  async removeAll(timeoutMs: number): Promise<void> {
    const hurried = [...this.#leaving.keys()].map(({ serving }) => serving.close(timeoutMs));
    const removed = this.#options.registry.all().map((registered) => this.remove(registered, timeoutMs));
    await Promise.all([...hurried, ...removed, ...this.#leaving.values()]);
  }

  async #finish(registered: RegisteredVersion, timeoutMs: number): Promise<boolean> {
    const { registry, snapshot, logger } = this.#options;
    const { key, serving } = registered;
    // Its metrics and files go under its key: until they are gone, nobody else can have it.
    registry.reserve(key);
    const keepsDownload = snapshot.outlivesServer(registered);
    const written = snapshot.forget(registered) ? snapshot.save() : undefined;
    const inTime = await serving.close(timeoutMs);
    await written;
    await this.#removeFiles(registered, keepsDownload);
    registry.release(key);
    logger.info('model unregistered', { model: key.name, version: key.version, inTime });
    return inTime;
  }

  async #removeFiles({ model }: RegisteredVersion, keepsDownload: boolean): Promise<void> {
    await model.remove({ keepsDownload }).catch((error: unknown) => {
      const facts = { modelDir: model.modelDir, error: toServeError(error) };
      this.#options.logger.error('unpacked files could not be deleted', facts);
    });
  }
}
