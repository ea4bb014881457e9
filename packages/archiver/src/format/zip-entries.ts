/** Reads a zip through its central directory, one entry at a time. */
import { createReadStream } from 'node:fs';
import { PassThrough, Readable, pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import * as yauzl from 'yauzl';
import type { RawEntry } from './archive-entries.ts';
import { ArchiveError, corrupt, messageOf } from './archive-error.ts';
import { CHUNK_BYTES } from './chunk-bytes.ts';
import { ContentCheck } from './content-check.ts';
import { entryPath, unsafeEntry } from './entry-path.ts';
import type { ReadBudget } from './read-budget.ts';

const FILE_TYPE_MASK = 0o170000;
const REGULAR_FILE = 0o100000;
const DIRECTORY = 0o040000;

const STORED = 0;
const DEFLATED = 8;

/** Sizes, times, names in other alphabets have a hundred or two; thousands of fields take long to read. */
const MAX_EXTRA_BYTES = 4096;

/** The smallest chunk that zlib takes. */
const SMALLEST_CHUNK = 64;

/** The entries of a zip in the order of its central directory. */
export async function* zipEntries(archive: string, budget: ReadBudget): AsyncGenerator<RawEntry, void> {
  const zip = await openZip(archive);
  const entries = zip.eachEntry();
  try {
    for (let next = await nextEntry(entries, archive); next !== undefined; next = await nextEntry(entries, archive)) {
      budget.countEntry();
      yield rawEntry(zip, next, { archive, budget });
    }
  } finally {
    zip.close();
  }
}

interface Reading {
  readonly archive: string;
  readonly budget: ReadBudget;
}

async function openZip(archive: string): Promise<yauzl.ZipFile> {
  try {
    // Names stay bytes: they are decoded and judged here, by the rules that hold for every format.
    return await yauzl.openPromise(archive, { autoClose: false, decodeStrings: false, validateEntrySizes: true });
  } catch (error) {
    const problem = `${archive} is not an archive: it is neither a complete zip nor a gzipped tar (${messageOf(error)}).`;
    throw new ArchiveError('not_an_archive', problem, { cause: error });
  }
}

async function nextEntry(entries: AsyncIterator<yauzl.Entry>, archive: string): Promise<yauzl.Entry | undefined> {
  try {
    const next = await entries.next();
    return next.done === true ? undefined : next.value;
  } catch (error) {
    throw corrupt(archive, 'its list of entries', error);
  }
}

function rawEntry(zip: yauzl.ZipFile, entry: yauzl.Entry, { archive, budget }: Reading): RawEntry {
  const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
  const path = entryPath(name, archive);
  const type = (entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK;
  const isDirectory = name.endsWith('/');
  const allowed = isDirectory ? DIRECTORY : REGULAR_FILE;
  if (type !== 0 && type !== allowed) {
    throw unsafeEntry(archive, name, `it is not a regular file or folder (its type is ${type.toString(8)})`);
  }
  if (entry.extraFieldRaw.length > MAX_EXTRA_BYTES) {
    throw unsafeEntry(archive, name, `its extra fields have more than ${MAX_EXTRA_BYTES} bytes`);
  }
  if (entry.isEncrypted()) throw unsafeEntry(archive, name, 'it is encrypted');
  const open = async (): Promise<Readable> => {
    try {
      const stored = await storedBytes(zip, entry, archive);
      const { crc32, uncompressedSize: size } = entry;
      const check = new ContentCheck({ archive, budget, path, crc32, size });
      return pipeline(stored, decompressor(entry), budget.meter(), check, () => {});
    } catch (error) {
      throw corrupt(archive, path, error);
    }
  };
  return { path, isDirectory, size: entry.uncompressedSize, open };
}

/** Read here and not by yauzl, which does so in small chunks. */
async function storedBytes(zip: yauzl.ZipFile, entry: yauzl.Entry, archive: string): Promise<Readable> {
  const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  if (entry.compressedSize === 0) return Readable.from([]);
  const end = start + entry.compressedSize - 1;
  return createReadStream(archive, { start, end, highWaterMark: CHUNK_BYTES });
}

function decompressor({ compressionMethod, uncompressedSize }: yauzl.Entry): NodeJS.ReadWriteStream {
  if (compressionMethod === STORED) return new PassThrough();
  if (compressionMethod !== DEFLATED) throw new Error(`compression method ${compressionMethod} is not supported`);
  return createInflateRaw({ chunkSize: Math.max(SMALLEST_CHUNK, Math.min(CHUNK_BYTES, uncompressedSize)) });
}
