/** One version takes the place of the default one, under load: when it is ready, from one moment to the next. */
import { messageOf, ServeError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ModelKey } from '../model-key.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';
import type { WorkerRange } from './registration.ts';
import type { RegistrySnapshot } from './registry-snapshot.ts';
import { assertRegistered, whenReady } from './version-readiness.ts';
import type { VersionRemover } from './version-remover.ts';

/** Two versions of one model, one about to take the other's place. */
export interface Replacement {
  /** The default version. */
  readonly former: RegisteredVersion;
  /** Registered already; becomes the default when it is ready. */
  readonly next: RegisteredVersion;
  /** How many workers `next` is to have at least. */
  readonly workers: WorkerRange;
}

/** Where versions change places, and who takes the former one away. */
export interface ReplacementsOptions {
  /** Its default is switched, in one step. */
  readonly registry: ModelRegistry;
  /** Written down when the switch is made. */
  readonly snapshot: RegistrySnapshot;
  /** Ends the former version, or the next one when it does not become ready. */
  readonly remover: VersionRemover;
  /** Told how each replacement ended. */
  readonly logger: Logger;
}

/** The replacements that are under way: one at a time for a model. */
export class Replacements {
  readonly #options: ReplacementsOptions;
  readonly #byModel = new Map<string, Replacement>();

  constructor(options: ReplacementsOptions) {
    this.#options = options;
  }

  /** @throws ServeError `replacement_under_way` when the model's default version is being replaced */
  assertNone(name: string): void {
    const replacement = this.#byModel.get(name);
    if (replacement === undefined) return;
    const { former, next } = replacement;
    const problem = `Model "${name}": version "${next.key.version}" is about to replace version "${former.key.version}"`;
    throw new ServeError('replacement_under_way', `${problem}. Try again when that is done.`);
  }

  /** @throws ServeError `replacement_under_way` when the version takes part in one */
  assertNotIn({ name, version }: ModelKey): void {
    const { former, next } = this.#byModel.get(name) ?? {};
    if (former?.key.version === version || next?.key.version === version) this.assertNone(name);
  }

  /**
   * Gives the new version as many workers as the former has, warms it, makes it the default one, finishes what the former
   * has and removes it; resolves when it is gone.
   * @param undo puts the new version back as it was, when it is not going to be the default one; waited for
   * @throws ServeError `replacement_under_way`, `worker_start_failed`, `golden_mismatch`; `unregister_timeout` when the
   *   former could not finish in time
   */
  async run(replacement: Replacement, undo: () => Promise<void>): Promise<void> {
    const { former, next } = replacement;
    const switched = await this.#runUntilSwitched(replacement, undo);
    if (await switched.finished) return;
    const problem = `the requests of version "${former.key.version}", which it has replaced, were not finished in time`;
    throw new ServeError('unregister_timeout', `Version "${next.key.version}" is the default version; ${problem}`);
  }

  async #runUntilSwitched(replacement: Replacement, undo: () => Promise<void>): Promise<Switched> {
    const { former, next } = replacement;
    const { name } = next.key;
    const logger = this.#options.logger.child({ model: name, from: former.key.version, to: next.key.version });
    try {
      this.assertNone(name);
      this.#byModel.set(name, replacement);
      logger.info('the default version is being replaced');
      const workers = await prepare(replacement);
      assertRegistered(next, this.#options.registry);
      logger.info('the new version is ready and becomes the default one', { ...workers });
      return this.#switch(replacement, workers);
    } catch (error) {
      logger.error('the default version is not replaced', { reason: messageOf(error) });
      await undo();
      throw error;
    } finally {
      if (this.#byModel.get(name) === replacement) this.#byModel.delete(name);
    }
  }

  /** Nothing is awaited in here: no request comes in between. */
  #switch({ former, next }: Replacement, workers: WorkerRange): Switched {
    const { registry, snapshot, remover } = this.#options;
    registry.setDefault(next.key);
    snapshot.chooseDefault(next.key.name);
    snapshot.note(next, { workers });
    snapshot.keep(next);
    const removed = remover.remove(former);
    // It may have been given more, for the load that there is. If one has died since, the log says why.
    next.serving.scale(workers.min, workers.max).catch(() => {});
    const finished = Promise.all([removed, snapshot.save()]).then(([inTime]) => inTime);
    return { finished };
  }
}

interface Switched {
  /** Resolves when the former version is gone: whether it could finish what it had. */
  readonly finished: Promise<boolean>;
}

/** @returns how many workers the new version is to have from now on */
async function prepare({ former, next, workers }: Replacement): Promise<WorkerRange> {
  const asked = former.serving.workers;
  const range = { min: Math.max(workers.min, asked.min), max: Math.max(workers.max, asked.max) };
  const present = former.serving.runners.filter(({ canServe }) => canServe).length;
  const count = Math.max(range.min, Math.min(range.max, present));
  await next.serving.scale(count, range.max);
  await whenReady(next.serving, count);
  await next.golden.verify();
  // One may have died of what it was asked.
  await whenReady(next.serving, count);
  return range;
}
