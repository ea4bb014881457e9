/** The model's YAML file, as far as a built-in handler wants to know it; the server checks its own keys. */
import { readFile } from 'node:fs/promises';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { messageOf } from './format/archive-error.ts';
import { PackagingError } from './packaging-error.ts';

/** @throws PackagingError for what is not YAML, and for YAML that is not keys and values */
export async function readModelConfig(file: string): Promise<Readonly<Record<string, unknown>>> {
  const config = parse(await readFile(file, 'utf8'), file);
  if (config === undefined || config === null) return {};
  if (typeof config === 'object' && !Array.isArray(config)) return config as Readonly<Record<string, unknown>>;
  throw new PackagingError('invalid_option', `${file} (--config-file) must be keys and values.`);
}

function parse(text: string, file: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA.withTags(mergeTag) });
  } catch (cause) {
    throw new PackagingError('invalid_option', `${file} (--config-file) is not YAML: ${messageOf(cause)}`, { cause });
  }
}
