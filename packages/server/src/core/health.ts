/** Whether the server can do what was asked of it, and which models keep it from that. */
import type { ModelRegistry } from './registry/model-registry.ts';
import type { RegisteredVersion } from './registry/registered-version.ts';
import { readinessOf, type ReadinessState } from './registry/version-readiness.ts';

/** One version, or one archive that the start asked for and that is not registered. */
export interface ModelHealth {
  /** Undefined for an archive whose manifest has not been read. */
  readonly name?: string;
  /** Undefined as `name` is. */
  readonly version?: string;
  /** What is to be loaded, where it is not registered. */
  readonly label?: string;
  /** See `ReadinessState`. */
  readonly state: ReadinessState;
  /** Why it is not ready. */
  readonly reason?: string;
  /** Whether the server waits for it: it is a default version, or of the start. */
  readonly isRequired: boolean;
}

/** Whether the server is ready, and of which models that is known. */
export interface Health {
  /** Whether every required model can serve. */
  readonly isReady: boolean;
  /** Those that are not registered first, then all versions by name. */
  readonly models: readonly ModelHealth[];
}

/** The health at this moment. */
export function healthOf(registry: ModelRegistry): Health {
  const { startup } = registry;
  const missing = startup.missing().map(({ failure, name, version, label }): ModelHealth => {
    const reason = failure ?? 'its archive is being loaded';
    return { name, version, label, state: failure === undefined ? 'starting' : 'failed', reason, isRequired: true };
  });
  const registered = registry.names().flatMap((name) => registry.versionsOf(name).map(versionHealth));
  const models = [...missing, ...registered];
  return { isReady: models.every(({ state, isRequired }) => !isRequired || isAsItShould(state)), models };

  function versionHealth(version: RegisteredVersion): ModelHealth {
    const { key, serving } = version;
    // One that is registered, or given its first workers, while others serve does not take the server out of service.
    const isOfStart = startup.includes(version);
    const isRequired = isOfStart || (registry.isDefault(key) && serving.hasBeenReady);
    return { ...key, ...readinessOf(version), isRequired };
  }
}

function isAsItShould(state: ReadinessState): boolean {
  return state === 'ready' || state === 'idle';
}
