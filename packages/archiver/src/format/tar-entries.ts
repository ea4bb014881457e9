/** Reads a gzipped tar from front to back, one entry at a time. */
import { on, once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import type { RawEntry } from './archive-entries.ts';
import { ArchiveError, corrupt } from './archive-error.ts';
import { CHUNK_BYTES } from './chunk-bytes.ts';
import { ContentCheck } from './content-check.ts';
import { entryPath, unsafeEntry } from './entry-path.ts';
import type { ReadBudget } from './read-budget.ts';

const FILES: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile']);
const FOLDERS: ReadonlySet<string> = new Set(['Directory', 'GNUDumpDir']);

/** A path, and attributes of a file system; the parser reads it in one go. */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * The entries of a `.tar.gz` in their stored order. Where the first entry lies in a folder (`NAME/…`, as TorchServe writes it),
 * that folder is the root of the archive, and everything must lie in it.
 */
export async function* tarEntries(archive: string, budget: ReadBudget): AsyncGenerator<RawEntry, void> {
  const parser = new Parser({ strict: true, maxMetaEntrySize: MAX_HEADER_BYTES });
  parser.on('meta', () => budget.countHeader());
  parser.on('ignoredEntry', refuseLongHeader);
  const stop = new AbortController();
  // Whatever fails, the entry that is being read must hear of it: else its reader would wait for ever.
  parser.on('error', (error) => stop.abort(asArchiveError(error, archive, budget)));
  let root: string | undefined;
  try {
    for await (const entry of parsedEntries(parser, { archive, budget, signal: stop.signal })) {
      budget.countEntry();
      const path = entryPath(entry.path, archive);
      const isDirectory = FOLDERS.has(entry.type);
      if (!isDirectory && !FILES.has(entry.type)) {
        throw unsafeEntry(archive, entry.path, `it is not a regular file or folder (its type is ${entry.type})`);
      }
      root ??= rootOf(path, isDirectory);
      const open = async (): Promise<Readable> => content(entry, { archive, budget, signal: stop.signal });
      yield { path: withoutRoot(path, root, archive), isDirectory, size: entry.size, open };
      entry.resume();
    }
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    stop.abort();
  }
}

/** Without it, the entry that follows would have another name. */
function refuseLongHeader({ meta, size }: ReadEntry): void {
  if (meta) throw new Error(`a header of ${size} bytes, more than ${MAX_HEADER_BYTES}`);
}

interface Reading {
  readonly archive: string;
  readonly budget: ReadBudget;
  readonly signal: AbortSignal;
}

/** What the parser finds, while the file is read, inflated and counted no faster than the entries are taken. */
async function* parsedEntries(parser: Parser, { archive, budget, signal }: Reading): AsyncGenerator<ReadEntry, void> {
  const found = on(parser, 'entry', { close: ['end'], signal });
  const file = createReadStream(archive, { signal, highWaterMark: CHUNK_BYTES });
  const source = pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), budget.meter(), () => {});
  const fed = feed(parser, pieces(source, budget), signal).catch((error: unknown) => parser.emit('error', error));
  for await (const [entry] of found) yield entry as ReadEntry;
  await fed;
}

/** What fits into a piece is parsed in one go: entries without content take far longer than their bytes. */
const PIECE_BYTES = 32 * 1024;

async function* pieces(source: Readable, budget: ReadBudget): AsyncGenerator<Buffer, void> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
      yield chunk.subarray(start, start + PIECE_BYTES);
      await budget.pause();
    }
  }
}

async function feed(parser: Parser, source: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  let ended = false;
  parser.on('eof', () => (ended = true));
  // The parser would look for a second compression in its first bytes, and inflate it on this thread, uncounted:
  // an empty block, which tar readers skip, ends that search.
  parser.write(Buffer.alloc(512));
  for await (const chunk of source) {
    if (!ended && !parser.write(chunk)) await once(parser, 'drain', { signal });
  }
  parser.end();
}

function rootOf(firstPath: string, isDirectory: boolean): string {
  const [folder = '', ...rest] = firstPath.split('/');
  return folder === 'MAR-INF' || (rest.length === 0 && !isDirectory) ? '' : folder;
}

function withoutRoot(path: string, root: string, archive: string): string {
  if (root === '') return path;
  if (path === root) return '';
  if (path.startsWith(`${root}/`)) return path.slice(root.length + 1);
  const hint = 'pack either one folder, or the contents of one with "tar -czf ARCHIVE -C FOLDER ."';
  throw unsafeEntry(archive, path, `it lies outside of the folder "${root}", in which the archive begins; ${hint}`);
}

function content(entry: ReadEntry, { archive, budget, signal }: Reading): Readable {
  signal.throwIfAborted();
  const check = new ContentCheck({ archive, budget, path: entry.path });
  const fail = (): unknown => check.destroy(signal.reason as Error);
  signal.addEventListener('abort', fail, { once: true });
  return pipeline(Readable.from(entry, { objectMode: false }), check, () => signal.removeEventListener('abort', fail));
}

function asArchiveError(error: unknown, archive: string, budget: ReadBudget): unknown {
  if (budget.isFinal(error)) return error;
  const notTar = error instanceof Error && error.message.startsWith('TAR_BAD_ARCHIVE: Unrecognized');
  if (!notTar) return corrupt(archive, 'its content', error);
  return new ArchiveError('not_an_archive', `${archive} is not an archive: it is gzipped, but not a tar.`, {
    cause: error,
  });
}
