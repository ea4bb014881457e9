/** Reads `--requirements-file` for the runtime `node`: packages that must be installed where the model is served. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { messageOf } from '../format/archive-error.ts';
import { PackagingError } from '../packaging-error.ts';

const LINE = /^(?<name>@[\w.-]+\/[\w.-]+|[\w.-]+)(?:@\S+)?$/;

/**
 * The package names in a `package.json` (its dependencies), or in a text file with one `name` or `name@version` a line
 * (`#` begins a comment).
 */
export async function readRequirements(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return basename(file).endsWith('.json') ? dependenciesOf(text, file) : linesOf(text, file);
}

function dependenciesOf(text: string, file: string): string[] {
  try {
    const { dependencies } = JSON.parse(text) as { dependencies?: Record<string, string> };
    return Object.keys(dependencies ?? {});
  } catch (cause) {
    throw new PackagingError('invalid_option', `${file} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

function linesOf(text: string, file: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*/, '').trim());
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const name = LINE.exec(line)?.groups?.name;
    if (name !== undefined) return [name];
    throw new PackagingError(
      'invalid_option',
      `${file}:${index + 1}: expected name or name@version, but found "${line}".`,
    );
  });
}
