/** What front ends are told of the registry. */
import { ServeError } from '../../core/errors.ts';
import type { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { RegisteredVersion } from '../../core/registry/registered-version.ts';
import type { RegistryState, SentError, VersionState } from '../messages.ts';
import { sentError } from '../sent-error.ts';
import type { WorkerSeats } from './worker-seats.ts';

/** How things are at this moment. */
export function registryState(registry: ModelRegistry, seats: Pick<WorkerSeats, 'workersOf'>): RegistryState {
  const versions = registry.all().map((registered): VersionState => {
    const { key, serial, serving, golden, model } = registered;
    const { min, max } = serving.workers;
    const refusal = refusalOf(registered);
    const mismatch = errorOf(() => golden.assertRight());
    return {
      key,
      serial,
      isDefault: registry.isDefault(key),
      settings: serving.settings,
      routes: model.routes,
      explains: model.explains,
      ...seats.workersOf(key),
      ...(refusal && { refusal }),
      ...(mismatch && { mismatch }),
      scales: min < max,
      isOpen: golden.isOpen,
    };
  });
  return { versions, missing: registry.startup.missing() };
}

/** No job of this process makes the queue full that front ends have. */
function refusalOf({ serving }: RegisteredVersion): SentError | undefined {
  if (serving.canServe) return undefined;
  return errorOf(() => serving.dispatcher.assertCanServe({ operation: 'describe' }));
}

function errorOf(check: () => void): SentError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ServeError) return sentError(error);
    throw error;
  }
}
