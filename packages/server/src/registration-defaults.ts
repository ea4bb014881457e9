/** What the configuration says of models that say nothing: the server-wide keys, and `models={…}` for one version. */
import { allSettings } from '@marserve/archiver/model-config';
import { camelCase, type ServerConfig } from './config/schema.ts';
import type { ControlPlaneOptions } from './core/control-plane.ts';

/** @param workersAtStart those that a model of the start gets when nobody says how many */
export function registrationDefaults(config: ServerConfig, workersAtStart: number): ControlPlaneOptions['defaultsFor'] {
  return ({ name, version }, { loadedAtStartup, leastWorkers = 0 }) => {
    const own = config.models?.[name]?.[version];
    const serverWide = config.defaultWorkersPerModel || (loadedAtStartup ? workersAtStart : leastWorkers);
    const workers = own?.minWorkers ?? serverWide;
    return {
      workers: { min: workers, max: Math.max(workers, own?.maxWorkers ?? workers) },
      settings: allSettings(
        ({ modelKey, serverKey }) => valueIn(own, modelKey) ?? valueIn(config, camelCase(serverKey)),
      ),
    };
  };
}

/** A setting has its key in each of them, in the unit of the table. */
function valueIn(said: object | undefined, key: string): unknown {
  return (said as Readonly<Record<string, unknown>> | undefined)?.[key];
}
