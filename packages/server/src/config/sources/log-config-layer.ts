/** The settings of a log config file (`--log-config`): YAML or JSON with a few keys of its own. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LOG_CONFIG_KEYS } from './log-config-keys.ts';
import { nearest } from '@marserve/archiver/command-line';
import type { ConfigSources, Layer, Report, Setting } from './layer.ts';
import { parseYaml, shown } from '@marserve/archiver/model-config';

/** @param source what names the file; undefined when nobody does */
export function logConfigLayer(source: Setting | undefined, { cwd }: ConfigSources, report: Report): Layer {
  const layer = new Map<string, Setting>();
  if (source === undefined) return layer;
  for (const [name, value] of Object.entries(readLogConfig(source, cwd, report))) {
    const key = Object.hasOwn(LOG_CONFIG_KEYS, name) ? LOG_CONFIG_KEYS[name] : undefined;
    const origin = `${source.text}: ${name}`;
    if (key === undefined)
      report.problems.push(`${origin} is no known key.${nearest(name, Object.keys(LOG_CONFIG_KEYS))}`);
    else layer.set(key, { text: textOf(name, value), origin });
  }
  return layer;
}

function readLogConfig({ text, origin }: Setting, cwd: string, { problems }: Report): Record<string, unknown> {
  try {
    const value: unknown = parseYaml(readFileSync(path.resolve(cwd, text), 'utf8')) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    problems.push(`${origin}: expected a file with keys and values, ${text} holds ${shown(value)}`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message.split('\n')[0];
    problems.push(`${origin}: expected a YAML or JSON file, came "${text}": ${reason}`);
  }
  return {};
}

/** `accessLog` may also be a boolean: whether requests are logged at all. */
function textOf(name: string, value: unknown): string {
  if (name === 'accessLog' && typeof value === 'boolean') return value ? 'info' : 'off';
  return typeof value === 'string' ? value : shown(value);
}
