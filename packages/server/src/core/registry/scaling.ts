/** A change of a version's number of workers: it is reached, or undone. */
import { messageOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';
import type { WorkerRange } from './registration.ts';
import type { RegistrySnapshot } from './registry-snapshot.ts';
import { assertRegistered, scaleUntilReady } from './version-readiness.ts';

/** Where a change of workers is noted. */
export interface ScalingOptions {
  /** Tells whether the version is still there when the number is reached. */
  readonly registry: ModelRegistry;
  /** Takes the new number at once, and the former one again when it cannot be reached. */
  readonly snapshot: RegistrySnapshot;
  /** Told of numbers that could not be reached. */
  readonly logger: Logger;
}

/**
 * Sets the number of workers, and notes it; resolves when the least number is ready. A number that cannot be reached is
 * not kept, unless another one was set meanwhile.
 * @throws ServeError `worker_start_failed`
 */
export async function scaleOrUndo(
  registered: RegisteredVersion,
  workers: WorkerRange,
  { registry, snapshot, logger }: ScalingOptions,
): Promise<void> {
  const { key, serving } = registered;
  const { workers: former } = serving;
  const { workers: previousWorkers } = snapshot.registrationOf(registered);
  const reached = scaleUntilReady(serving, workers);
  const asked = serving.workers;
  snapshot.note(registered, { workers });
  try {
    await reached;
    assertRegistered(registered, registry);
  } catch (error) {
    if (serving.workers === asked && registry.find(key) === registered) {
      const facts = { model: key.name, version: key.version, ...former, reason: messageOf(error) };
      logger.error('the number of workers could not be reached, and is what it was before', facts);
      snapshot.note(registered, { workers: previousWorkers });
      // What is left was there before; why one of these does not start is in the log.
      await serving.scale(former.min, former.max).catch(() => {});
      if (snapshot.has(registered)) await snapshot.save();
    }
    throw error;
  }
}
