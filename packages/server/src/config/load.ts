/** From file, flags and environment to the frozen configuration, or to a list of everything that is wrong. */
import { checkConfig } from './check-config.ts';
import { ConfigError } from './config-error.ts';
import { CONFIG_KEYS, camelCase, type ConfigKey, type ConfigKeyName, type ServerConfig } from './schema.ts';
import type { ConfigSources, Layer, Report, Setting } from './sources/layer.ts';
import { profileLayer, variablesLayer } from './profiles.ts';
import { gatherSettings } from './settings.ts';
import { expandShorthands } from './shorthands.ts';

export type { ConfigSources } from './sources/layer.ts';

/** What the sources came to. */
export interface LoadedConfig {
  /** Every key, parsed; frozen. */
  readonly config: ServerConfig;
  /** The keys that somebody set, and their texts, but for secrets. */
  readonly properties: Readonly<Record<string, string>>;
  /** What is odd but no error, a sentence each. */
  readonly warnings: readonly string[];
}

/** @throws ConfigError with all problems */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const report: Report = { problems: [], warnings: [] };
  const given = gatherSettings(sources, report);
  const expanded = expandShorthands(new Map([...variablesLayer(given, sources.env), ...given]));
  const settings = new Map([...profileLayer(expanded), ...expanded]);
  const config = parseSettings(settings, { cwd: sources.cwd, keys: ALL_KEYS, report });
  checkConfig(config, settings, report);
  if (report.problems.length > 0) throw new ConfigError(report.problems);
  const table: Readonly<Record<string, ConfigKey>> = CONFIG_KEYS;
  const shown = [...given].filter(([key]) => table[key]?.isSecret !== true);
  const properties = Object.fromEntries(shown.map(([key, { text }]) => [key, text]));
  return { config: deepFreeze(config as ServerConfig), properties, warnings: report.warnings };
}

/** What is needed to find a running daemon. Wrong settings of other keys do not matter to it. */
export type ControlConfig = Pick<ServerConfig, (typeof CONTROL_NAMES)[number]>;

/** The certificate is what `--status` shows where clients need one. */
const CONTROL_KEYS = [
  'pid_file',
  'shutdown_timeout',
  'private_key_file',
  'certificate_file',
  'keystore',
  'keystore_pass',
  'client_ca_file',
] as const;
const CONTROL_NAMES = CONTROL_KEYS.map(camelCase);

/** @throws ConfigError about these keys alone */
export function loadControlConfig(sources: ConfigSources): ControlConfig {
  const settings = gatherSettings(sources, { problems: [], warnings: [] });
  const report: Report = { problems: [], warnings: [] };
  const config = parseSettings(settings, { cwd: sources.cwd, keys: CONTROL_KEYS, report });
  if (report.problems.length > 0) throw new ConfigError(report.problems);
  return config as ControlConfig;
}

const ALL_KEYS = Object.keys(CONFIG_KEYS) as ConfigKeyName[];

interface ParseOptions {
  readonly cwd: string;
  readonly keys: readonly ConfigKeyName[];
  readonly report: Report;
}

/** Keys that are wrong are left out, and reported. */
function parseSettings(settings: Layer, { cwd, keys, report }: ParseOptions): Partial<ServerConfig> {
  const values = keys.map((key) => {
    const table: Readonly<Record<string, ConfigKey>> = CONFIG_KEYS;
    const setting: Partial<Setting> = settings.get(key) ?? { text: table[key]?.default, origin: key };
    const { text, key: as = key } = setting;
    try {
      return [camelCase(key), text === undefined ? undefined : table[as]?.type.parse(text, { cwd })];
    } catch (error) {
      // Of a value that is another key's, it is told there.
      if (as === key) report.problems.push(`${setting.origin}: ${(error as Error).message}`);
      return [camelCase(key), undefined];
    }
  });
  return Object.fromEntries(values) as Partial<ServerConfig>;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
