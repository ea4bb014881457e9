/** Writes an archive in one of the four formats: the same files give the same bytes. */
import type { ArchiveFormat } from './archive-formats.ts';
import { writeDirectory } from './write-directory.ts';
import { writeZip } from './write-zip.ts';

/** One file to write. */
export interface ArchiveFile {
  /** Path inside the archive, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where the content lies on the disk, or the content. */
  readonly source: string | Buffer;
}

/** What a writer needs. */
export interface WriteRequest {
  /** The file (or, for `no-archive`, the directory) to make; it must not exist. */
  readonly target: string;
  /** Model name: `tgz` puts every entry into a folder of this name. */
  readonly name: string;
  /** In the order in which they are to be written. */
  readonly files: readonly ArchiveFile[];
  /** Called with the number of bytes of each piece of content that was taken. */
  readonly onBytes?: (bytes: number) => void;
  /** Stops the writing; what was written so far is the caller's to delete. */
  readonly signal?: AbortSignal;
}

/** Writes `request.files`; a failure may leave a part of `request.target` behind. */
export async function writeArchive(format: ArchiveFormat, request: WriteRequest): Promise<void> {
  switch (format) {
    case 'default':
      return writeZip(request, { compressed: true });
    case 'zip-store':
      return writeZip(request, { compressed: false });
    case 'tgz':
      return (await import('./write-tar.ts')).writeTar(request);
    case 'no-archive':
      return writeDirectory(request);
  }
}
