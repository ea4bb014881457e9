/** What a model's YAML file says of how it is served (torchserve.md 2.4). */
import {
  ModelConfigError,
  modelRoutes,
  readModelConfig,
  someSettings,
  type ModelConfigFile,
  type ModelConfigKeys,
} from '@marserve/archiver/model-config';
import type { ModelRoute } from '../core/registry/model-routes.ts';
import type { ModelDefaults } from '../core/registry/model-source.ts';
import { ConfigError } from './config-error.ts';

/** The file, read. */
export interface ModelConfig {
  /** What the file says of how the model is served; durations are milliseconds. */
  readonly settings: ModelDefaults;
  /** Paths that its handler answers itself. */
  readonly routes: readonly ModelRoute[];
  /** The model whose answers it explains to clients of that. */
  readonly explains?: string | undefined;
  /** The file, whole, as JSON: handlers read their own keys in it. */
  readonly json: string;
  /** What is odd but no error, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Unknown keys are kept, keys without a value are as if they were not there.
 * @param fileName for messages
 * @param over keys that a registration says in place of the file's
 * @throws ConfigError that names each wrong key, what was expected and what came
 */
export function parseModelConfig(
  text: string,
  fileName: string,
  over?: Readonly<Record<string, unknown>>,
): ModelConfig {
  const { keys, raw, warnings } = read(fileName, () => readModelConfig(text, over));
  const { routes, explains } = keys;
  return { settings: settingsOf(keys), routes: modelRoutes(routes), explains, json: JSON.stringify(raw), warnings };
}

function read(fileName: string, readFile: () => ModelConfigFile): ModelConfigFile {
  try {
    return readFile();
  } catch (error) {
    if (!(error instanceof ModelConfigError)) throw error;
    throw new ConfigError(error.problems.map((problem) => `${fileName}: ${problem}`));
  }
}

function settingsOf(config: ModelConfigKeys): ModelDefaults {
  const said: Readonly<Record<string, unknown>> = config;
  const { minWorkers, maxWorkers } = config;
  const settings = someSettings(({ modelKey, zeroIsServers }) => {
    const value = said[modelKey];
    return zeroIsServers && value === 0 ? undefined : value;
  });
  return { minWorkers, maxWorkers, ...settings };
}
