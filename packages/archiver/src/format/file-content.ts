/** The bytes of a file that goes into an archive. */
import { createReadStream } from 'node:fs';
import type { ArchiveFile, WriteRequest } from './write-archive.ts';

const CHUNK_BYTES = 1024 * 1024;

type ReadingOptions = Pick<WriteRequest, 'onBytes' | 'signal'>;

/**
 * The content of one file in pieces, reported to the request as they are taken.
 * @throws Error when a file has become longer or shorter since it was measured
 */
export async function* fileContent(
  file: ArchiveFile,
  { onBytes, signal }: ReadingOptions,
): AsyncGenerator<Buffer, void> {
  let bytes = 0;
  for await (const chunk of chunks(file.source)) {
    bytes += chunk.length;
    if (bytes > file.size) break;
    signal?.throwIfAborted();
    onBytes?.(chunk.length);
    yield chunk;
  }
  if (bytes !== file.size) throw new Error(`${String(file.source)} changed while it was being packaged; try again.`);
}

function chunks(source: string | Buffer): Iterable<Buffer> | AsyncIterable<Buffer> {
  return typeof source === 'string' ? createReadStream(source, { highWaterMark: CHUNK_BYTES }) : [source];
}
