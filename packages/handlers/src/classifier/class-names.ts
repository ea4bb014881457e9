/** The names of a classifier's classes: TorchServe's index_to_name.json. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isPlainObject } from '../model-config.ts';

/** The name of a class by its index. */
export type ClassNames = (index: number) => string;

/**
 * Reads `{"0": "name"}`, `{"0": ["n01440764", "name"]}` (the last one counts) or `["name", …]`; a class without a name, or
 * a missing file, gives the index.
 * @throws Error for a file of another form
 */
export async function readClassNames(modelDir: string, file = 'index_to_name.json'): Promise<ClassNames> {
  const text = await readFile(join(modelDir, file), 'utf8').catch(ignoreMissing);
  const names = text === undefined ? {} : toRecord(text, file);
  return (index) => nameOf(names[index]) ?? String(index);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function toRecord(text: string, file: string): Readonly<Record<number, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${basename(file)} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isPlainObject(json) && !Array.isArray(json)) throw new Error(`${basename(file)}: expected {"0": "name", …}`);
  return json as Readonly<Record<number, unknown>>;
}

function nameOf(entry: unknown): string | undefined {
  const name: unknown = Array.isArray(entry) ? entry.at(-1) : entry;
  return typeof name === 'string' ? name : undefined;
}
