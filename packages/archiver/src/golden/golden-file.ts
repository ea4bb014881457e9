/** Reads the file that `--golden` names. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseJson } from '@marserve/handlers/json';
import { messageOf } from '../format/archive-error.ts';
import { MAX_GOLDEN_BYTES } from '../format/golden.ts';
import { inWords } from '../format/meta-file.ts';
import { type GoldenSource, goldenFileSchema } from './golden-source.ts';
import { isFile } from '../inputs/is-file.ts';
import { missingFile } from '../inputs/missing-file.ts';
import { PackagingError } from '../packaging-error.ts';

/**
 * The requests of a golden file; the files that they name exist.
 * @throws PackagingError with everything that is wrong, each by the name of its request
 */
export async function readGoldenFile(file: string): Promise<readonly GoldenSource[]> {
  if (!isFile(file)) throw new PackagingError('missing_file', missingFile(file, '--golden'));
  const value = parseGoldenJson((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''), `${file} (--golden)`);
  const result = goldenFileSchema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `\n  ${problemOf(value, path, message)}`);
    throw new PackagingError('invalid_option', `${file} (--golden) is not valid:${problems.join('')}`);
  }
  await checkFiles(result.data, file);
  return result.data;
}

/** Where a file lies that is named in a golden file. */
export function namedFile(name: string, goldenFile: string): string {
  return resolve(dirname(goldenFile), name);
}

/** @param subject what the message calls it */
export function parseGoldenJson(text: string | Buffer, subject: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw new PackagingError('invalid_option', `${subject} is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** @throws PackagingError `too_large` for more bytes than the golden requests of an archive may have */
export function refuseLargeGolden(bytes: number, file: string): void {
  if (bytes <= MAX_GOLDEN_BYTES) return;
  const problem = `its requests and answers have ${bytes} bytes together, and may have ${MAX_GOLDEN_BYTES}`;
  throw new PackagingError('too_large', `${file} (--golden) is too large: ${problem}. Use fewer or smaller ones.`);
}

/** A request is called by its name, or by its place when it has none. */
function problemOf(requests: unknown, path: readonly PropertyKey[], message: string): string {
  const [index, ...field] = path;
  const problem = inWords({ path: field, message });
  if (index === undefined) return problem;
  const { name } = ((requests as unknown[])[Number(index)] ?? {}) as { readonly name?: unknown };
  return `${typeof name === 'string' ? JSON.stringify(name) : `request ${Number(index) + 1}`}: ${problem}`;
}

/** Before any is read: all that are missing are told at once, and large ones cost no memory. */
async function checkFiles(sources: readonly GoldenSource[], file: string): Promise<void> {
  const missing: string[] = [];
  let bytes = 0;
  for (const { name, request, expect } of sources) {
    for (const content of [request, ...(request.inputs ?? []), expect]) {
      if (content?.file === undefined) continue;
      const path = namedFile(content.file, file);
      if (isFile(path)) bytes += (await stat(path)).size;
      else missing.push(missingFile(path, `${JSON.stringify(name)} of ${file}`));
    }
  }
  if (missing.length > 0) throw new PackagingError('missing_file', missing.join('\n'));
  refuseLargeGolden(bytes, file);
}
