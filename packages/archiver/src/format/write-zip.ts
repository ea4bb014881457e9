/** The `default` (deflated) and `zip-store` formats: zip files, made in memory by adm-zip. */
import { open } from 'node:fs/promises';
import AdmZip from 'adm-zip';
import { fileContent } from './file-content.ts';
import type { ArchiveFile, WriteRequest } from './write-archive.ts';

/** A file that adm-zip can hold: Node reads and deflates at most 2 GiB at once. */
export const MAX_ZIP_FILE_BYTES = 2 ** 31 - 1;
/**
 * All files together: adm-zip makes the zip in one buffer (4 GiB in Node 20) and writes 32-bit offsets. A part is kept for
 * headers and for files that deflate makes longer.
 */
export const MAX_ZIP_TOTAL_BYTES = 2 ** 32 - 2 ** 26;
/** Entries that a zip can have without the zip64 fields. */
export const MAX_ZIP_FILES = 0xfffe;

const STORED = 0;
/** 1980-01-01 00:00:00, the first time that a zip can hold, in its own notation. */
const FIXED_TIME = 0x0021_0000;
/** Version 2.0, made on Unix: also where this runs on another system. */
const MADE_BY = 0x0314;
const FILE_MODE = 0o644;

/** Writes a zip whose bytes depend on the files alone. */
export async function writeZip(request: WriteRequest, { compressed }: { compressed: boolean }): Promise<void> {
  const zip = new AdmZip({ noSort: true });
  for (const file of request.files) {
    const entry = zip.addFile(file.path, await content(file, request), '', FILE_MODE);
    entry.header.timeval = FIXED_TIME;
    entry.header.made = MADE_BY;
    if (!compressed) entry.header.method = STORED;
  }
  request.signal?.throwIfAborted();
  const bytes = await toBuffer(zip, request);
  request.signal?.throwIfAborted();
  const output = await open(request.target, 'wx', 0o644);
  try {
    await output.writeFile(bytes, { signal: request.signal });
  } finally {
    await output.close();
  }
}

const LARGE = 64 * 2 ** 20;
/** adm-zip's asynchronous writer goes one level deeper with each file that it does not deflate. */
const MAX_DEPTH = 500;

/** What takes long is deflated in other threads, so that this one can hear a signal. */
async function toBuffer(zip: AdmZip, { files }: WriteRequest): Promise<Buffer> {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const undeflated = zip.getEntries().filter(({ header }) => header.method === STORED).length;
  return size < LARGE || undeflated > MAX_DEPTH ? zip.toBuffer() : zip.toBufferPromise();
}

async function content(file: ArchiveFile, request: WriteRequest): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(file.size);
  let offset = 0;
  for await (const chunk of fileContent(file, request)) {
    offset += chunk.copy(buffer, offset);
  }
  return buffer;
}
