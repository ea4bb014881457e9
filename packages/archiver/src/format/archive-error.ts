/** The one error of the archive format: why an archive cannot be read. */

/** Why an archive was refused. */
export type ArchiveErrorCode =
  /** Nothing is at the path. */
  | 'not_found'
  /** The operating system does not let it be read. */
  | 'unreadable'
  /** Neither a zip, a gzipped tar nor a directory. */
  | 'not_an_archive'
  /** It has no `MAR-INF/MANIFEST.json`; of a workflow, no `WAR-INF/MANIFEST.json`. */
  | 'no_manifest'
  /** The manifest is not JSON, lacks a field, or names a file that the archive does not have. */
  | 'invalid_manifest'
  /** Its `MAR-INF/golden.json` is not JSON, or lacks a field. */
  | 'invalid_golden'
  /** Its workflow's spec is none, or needs functions that the archive does not have. */
  | 'invalid_workflow'
  /** An entry would be written outside of the destination, is a link or a device, or occurs twice. */
  | 'unsafe_entry'
  /** More entries, more bytes or a higher compression ratio than the limits allow. */
  | 'too_large'
  /** Truncated or damaged: sizes, checksums or headers do not fit. */
  | 'corrupt'
  /** A file is not as its digest in the manifest says, is missing, or has none. */
  | 'digest_mismatch'
  /** An entry could not be written to the destination. */
  | 'write_failed';

/** An archive that cannot be read. The message names the archive, what was expected and what came. */
export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;

  constructor(code: ArchiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ArchiveError';
    this.code = code;
  }
}

/** The error's own message, without its class: `ENOENT: no such file or directory, …`. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an operating system's error (`ENOENT`, …), undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const isSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  return isSystem ? String(error.code) : undefined;
}

/** The error for a part of an archive (a path, or words like "its list of entries") that cannot be read as it should. */
export function corrupt(archive: string, part: string, cause: unknown): ArchiveError {
  return new ArchiveError('corrupt', `${archive} is damaged: ${part} cannot be read (${messageOf(cause)}).`, { cause });
}
