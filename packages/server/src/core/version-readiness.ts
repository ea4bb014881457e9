/** Whether a version that was given workers has become what it should. */
import { ServeError } from './errors.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { ModelVersion } from './model-version.ts';
import type { RegisteredVersion } from './registered-version.ts';

/**
 * Resolves when so many workers are ready.
 * @throws ServeError `worker_start_failed` as soon as one is not going to be, for now
 */
export async function whenReady(serving: ModelVersion, count: number): Promise<void> {
  let unwatch = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        const { ready, coming, problem } = observe(serving);
        if (ready >= count) resolve();
        else if (ready + coming < count) reject(new ServeError('worker_start_failed', problem));
      };
      unwatch = serving.watchWorkers(look);
      look();
    });
  } finally {
    unwatch();
  }
}

function observe({ runners }: ModelVersion): { ready: number; coming: number; problem: string } {
  return {
    ready: runners.filter(({ state }) => state === 'ready' || state === 'busy').length,
    coming: runners.filter(({ state }) => state === 'starting').length,
    problem: runners.findLast(({ lastError }) => lastError !== undefined)?.lastError ?? 'Its workers were ended',
  };
}

/**
 * Workers that are told to end while they start do not fail.
 * @throws ServeError `worker_start_failed` when the version is not registered any more
 */
export function assertRegistered(registered: RegisteredVersion, registry: ModelRegistry): void {
  if (registry.find(registered.key) === registered) return;
  throw new ServeError('worker_start_failed', 'It was unregistered before its workers were ready');
}
