/** Registers the models that the configuration names, when the server starts. */
import type { ServerConfig } from './config/schema.ts';
import type { ControlPlane, Registered } from './core/control-plane.ts';
import { messageOf } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import { listArchives } from './storage/locate-archive.ts';

interface StartupModel {
  /** Undefined for the manifest's own. */
  readonly name?: string;
  readonly url: string;
}

/** One that fails is an error in the log and does not stop the others, as in TorchServe. */
export async function loadStartupModels(
  config: ServerConfig,
  controlPlane: ControlPlane,
  logger: Logger,
): Promise<void> {
  for (const { name, url } of await startupModels(config)) {
    try {
      const registered = await controlPlane.register({ url, modelName: name, loadedAtStartup: true });
      makeDefault(registered, config, controlPlane);
    } catch (error) {
      logger.error('a model could not be loaded at the start', { url, reason: messageOf(error) });
    }
  }
}

async function startupModels({ loadModels, modelStore }: ServerConfig): Promise<StartupModel[]> {
  if (loadModels === undefined) return [];
  if (loadModels.trim().toLowerCase() === 'all') return (await listArchives(modelStore)).map((url) => ({ url }));
  return loadModels.split(',').map((item) => parseItem(item.trim()));
}

/** `name=archive`, or an archive alone. */
function parseItem(item: string): StartupModel {
  const match = /^([\w.-]+)=(.*)$/.exec(item);
  return match === null ? { url: item } : { name: match[1], url: match[2] ?? '' };
}

function makeDefault({ key }: Registered, config: ServerConfig, { registry }: ControlPlane): void {
  if (config.models?.[key.name]?.[key.version]?.defaultVersion) registry.setDefault(key);
}
