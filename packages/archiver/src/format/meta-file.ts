/** The JSON files in the folder `MAR-INF` of an archive: short, read whole, and checked by a schema. */
import type { Readable } from 'node:stream';
import type * as z from 'zod';
import { ArchiveError, type ArchiveErrorCode, messageOf } from './archive-error.ts';

/** One of these files. */
export interface MetaFile<T> {
  /** Path in the archive. */
  readonly path: string;
  readonly maxBytes: number;
  readonly schema: z.ZodType<T>;
  /** The code of the errors about it. */
  readonly code: ArchiveErrorCode;
}

/**
 * Reads, parses and checks the file, and fills in its defaults.
 * @param archive what errors call the archive
 * @throws ArchiveError with every field that is wrong
 */
export async function readMetaFile<T>(file: MetaFile<T>, content: Readable, archive: string): Promise<T> {
  const refusal = (problem: string, cause?: unknown): ArchiveError =>
    new ArchiveError(file.code, `${archive}: ${file.path} ${problem}.`, { cause });
  const text = await readShort(content, file.maxBytes);
  if (text === undefined) throw refusal(`is longer than ${file.maxBytes} bytes`);
  const result = file.schema.safeParse(parseJson(text, refusal));
  if (result.success) return result.data;
  throw refusal(`is not valid: ${result.error.issues.map(inWords).join('; ')}`, result.error);
}

/** Says what is wrong, and in which field. */
export function inWords({ path, message }: Pick<z.core.$ZodIssue, 'path' | 'message'>): string {
  const field = path.join('.');
  const problem = message.replace('Invalid input: ', '');
  if (problem.endsWith('received undefined')) return `${field} is missing`;
  return field === '' ? problem : `${field}: ${problem}`;
}

/** Undefined when it is too long. */
async function readShort(content: Readable, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string, refusal: (problem: string, cause: unknown) => Error): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw refusal(`is not JSON (${messageOf(error)})`, error);
  }
}
