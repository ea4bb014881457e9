/** The settings of config.properties: which file, its known keys, what is said about the others. */
import path from 'node:path';
import { misspelt, nearest } from '@marserve/archiver/command-line';
import { readProperties, substituteEnvironment, type Property } from './properties-file.ts';
import { CONFIG_KEYS, INEFFECTIVE_KEYS } from '../schema.ts';
import type { ConfigSources, Layer, Report, Setting } from './layer.ts';

const DEFAULT_FILE = 'config.properties';

/**
 * What the file says of keys that are known. Others are problems or warnings: misspelt ones, and those of TorchServe
 * that do nothing here.
 */
export function fileLayer(sources: ConfigSources, report: Report): Layer {
  const layer = new Map<string, Setting>();
  const { file, properties } = findProperties(sources, report);
  for (const { key, line, value } of properties) {
    const origin = `${file}:${line}: ${key}`;
    if (!Object.hasOwn(CONFIG_KEYS, key)) {
      complain({ key, value, origin }, report);
      continue;
    }
    // TorchServe takes a key without a value for one that is not there.
    if (value === '') continue;
    if (layer.has(key)) report.warnings.push(`${origin} was there before; the last one counts.`);
    const { text, missing } = substituteEnvironment(value, sources.env);
    layer.set(key, { text, origin });
    for (const name of missing) {
      report.problems.push(`${origin}: expected the environment variable ${name}, which is not set`);
    }
  }
  return layer;
}

interface FoundProperties {
  /** As messages name it. */
  readonly file: string;
  readonly properties: readonly Property[];
}

/** `TS_CONFIG_FILE`, else `--ts-config`, else `./config.properties` where there is one. */
function findProperties({ env, configFile, cwd }: ConfigSources, report: Report): FoundProperties {
  const named = env.TS_CONFIG_FILE || configFile;
  const file = named ?? DEFAULT_FILE;
  try {
    return { file, properties: readProperties(path.resolve(cwd, file)) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'there is no such file' : message;
    const who = env.TS_CONFIG_FILE ? 'TS_CONFIG_FILE' : '--ts-config';
    if (named !== undefined) report.problems.push(`${who}: expected a properties file, came "${named}": ${reason}.`);
    else if (code !== 'ENOENT') report.problems.push(`${file}: expected a properties file: ${reason}.`);
    return { file, properties: [] };
  }
}

interface UnknownProperty {
  readonly key: string;
  readonly value: string;
  readonly origin: string;
}

/** Values that ask for what is the case anyway. */
const HARMLESS: Readonly<Record<string, string>> = { decode_input_request: 'true' };

/** A key that is almost a known one is an error; others may be of another program, or of TorchServe's next release. */
function complain({ key, value, origin }: UnknownProperty, { problems, warnings }: Report): void {
  if (Object.hasOwn(INEFFECTIVE_KEYS, key)) {
    if (HARMLESS[key] !== value.toLowerCase()) warnings.push(`${origin} does nothing: ${INEFFECTIVE_KEYS[key]}.`);
    return;
  }
  const known = Object.keys(CONFIG_KEYS);
  const unknown = `${origin} is no known key`;
  if (misspelt(key, known) !== undefined) problems.push(`${unknown}.${nearest(key, known)}`);
  else warnings.push(`${unknown}, and does nothing.${nearest(key, known) || ' docs/config.md lists all.'}`);
}
