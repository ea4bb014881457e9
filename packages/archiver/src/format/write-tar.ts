/** The `tgz` format: a gzipped tar that is streamed, whatever its size. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Header, Pax } from 'tar';
import { fileContent } from './file-content.ts';
import type { ArchiveFile, WriteRequest } from './write-archive.ts';

const BLOCK = 512;
/** The time of every entry: the first that a zip can hold. */
const FIXED_TIME = new Date('1980-01-01T00:00:00Z');

/** Writes a `.tar.gz`; Node's gzip header carries no time and no name, so the bytes depend on the files alone. */
export async function writeTar(request: WriteRequest): Promise<void> {
  const output = createWriteStream(request.target, { flags: 'wx', mode: 0o644 });
  await pipeline(Readable.from(tarBlocks(request)), createGzip(), output, { signal: request.signal });
}

async function* tarBlocks(request: WriteRequest): AsyncGenerator<Buffer, void> {
  for (const file of request.files) {
    yield* headerBlocks(`${request.name}/${file.path}`, file);
    yield* fileContent(file, request);
    yield Buffer.alloc((BLOCK - (file.size % BLOCK)) % BLOCK);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** The header of a file; before it, a pax header where the path or the size does not fit into the old fields. */
function* headerBlocks(path: string, { size }: ArchiveFile): Generator<Buffer, void> {
  const fields = { path, size, mode: 0o644, mtime: FIXED_TIME };
  const header = new Header({ ...fields, type: 'File' });
  if (header.encode()) yield new Pax(fields).encode();
  yield header.block as Buffer;
}
