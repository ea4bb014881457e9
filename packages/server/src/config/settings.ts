/** Who says what: the texts of keys from file, log config, flags and environment, the stronger over the weaker. */
import { environmentLayer } from './sources/environment-layer.ts';
import { fileLayer } from './sources/file-layer.ts';
import { logConfigLayer } from './sources/log-config-layer.ts';
import type { ConfigSources, Layer, Report } from './sources/layer.ts';
import { CONFIG_KEYS, flagOf, type ConfigKey } from './schema.ts';

/** Weakest first: file, log config, flags, environment. */
export function gatherSettings(sources: ConfigSources, report: Report): Layer {
  const file = fileLayer(sources, report);
  const flags = flagLayer(sources);
  const environment = environmentLayer(sources, merge(file, flags), report);
  const logConfig = merge(file, flags, environment).get('log_config');
  return merge(file, logConfigLayer(logConfig, sources, report), flags, environment);
}

function flagLayer({ flags = {} }: ConfigSources): Layer {
  const table: Readonly<Record<string, ConfigKey>> = CONFIG_KEYS;
  return new Map(
    Object.entries(flags).map(([key, text]) => {
      const row = table[key];
      if (row === undefined) throw new Error(`${key} is no key of the configuration`);
      return [key, { text, origin: `--${flagOf(key, row) ?? key}` }];
    }),
  );
}

function merge(...layers: readonly Layer[]): Layer {
  return new Map(layers.flatMap((layer) => [...layer]));
}
