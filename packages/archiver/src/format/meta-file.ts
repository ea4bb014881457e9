/** The JSON files in the folder `MAR-INF` or `WAR-INF` of an archive: short, read whole, and checked by a schema. */
import type { Readable } from 'node:stream';
import type * as z from 'zod';
import { ArchiveError, type ArchiveErrorCode, messageOf } from './archive-error.ts';
import { jsonExcess } from './json-excess.ts';

/** Where such a file lies, and how long it may be. */
export interface MetaLimits {
  /** Path in the archive. */
  readonly path: string;
  /** A longer file is refused. */
  readonly maxBytes: number;
  /** The code of the errors about it. */
  readonly code: ArchiveErrorCode;
}

/** One of these files. */
export interface MetaFile<T> extends MetaLimits {
  /** Most values that it may hold, all levels together. */
  readonly maxValues: number;
  /** What the parsed JSON must be. */
  readonly schema: z.ZodType<T>;
}

/**
 * Reads the file whole.
 * @param archive what errors call the archive
 * @throws ArchiveError when it is too long
 */
export async function readMetaFile(file: MetaLimits, content: Readable, archive: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > file.maxBytes) throw refusal(file, archive, `is longer than ${file.maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Parses and checks the file, and fills in its defaults. The time it takes grows with the text: 8 MB can take a second.
 * @param archive what errors call the archive
 * @throws ArchiveError with the fields that are wrong
 */
export function parseMetaFile<T>(file: MetaFile<T>, bytes: Uint8Array, archive: string): T {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const excess = jsonExcess(text, file.maxValues);
  if (excess !== undefined) throw refusal(file, archive, excess);
  const result = file.schema.safeParse(parseJson(text, (problem) => refusal(file, archive, problem)));
  if (result.success) return result.data;
  throw refusal(file, archive, `is not valid: ${listed(result.error.issues.map(inWords))}`);
}

/** The error about such a file. */
export function refusal({ code, path }: MetaLimits, archive: string, problem: string): ArchiveError {
  return new ArchiveError(code, `${archive}: ${path} ${problem}.`);
}

/** Problems that are told; a file can have as many as it has values. */
const MOST_TOLD = 20;
const LONGEST_TOLD = 300;

function listed(problems: readonly string[]): string {
  const told = problems.slice(0, MOST_TOLD).map((each) => shortened(each));
  const others = problems.length - told.length;
  return [...told, ...(others > 0 ? [`and ${others} more`] : [])].join('; ');
}

function shortened(text: string): string {
  return text.length <= LONGEST_TOLD ? text : `${text.slice(0, LONGEST_TOLD)}…`;
}

/** Says what is wrong, and in which field. */
export function inWords({ path, message }: Pick<z.core.$ZodIssue, 'path' | 'message'>): string {
  const field = path.join('.');
  const problem = message.replace('Invalid input: ', '');
  if (problem.endsWith('received undefined')) return `${field} is missing`;
  return field === '' ? problem : `${field}: ${problem}`;
}

function parseJson(text: string, refuse: (problem: string) => Error): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw refuse(`is not JSON (${messageOf(error)})`);
  }
}
