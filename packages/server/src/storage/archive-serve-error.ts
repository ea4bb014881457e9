/** What is wrong with an archive, as callers of the server are told. */
import { ArchiveError } from '@marserve/archiver/format';
import { ServeError, toServeError, type ErrorCode } from '../core/errors.ts';

/** Anything else than an ArchiveError as `toServeError` has it. */
export function archiveServeError(error: unknown): ServeError {
  if (!(error instanceof ArchiveError)) return toServeError(error);
  const advice = error.code === 'digest_mismatch' ? ' Package the model again, or set verify_archives=false.' : '';
  return new ServeError(codeOf(error), `${error.message}${advice}`, { cause: error });
}

function codeOf({ code }: ArchiveError): ErrorCode {
  if (code === 'not_found') return 'archive_not_found';
  return code === 'write_failed' || code === 'unreadable' ? 'storage_failed' : 'invalid_archive';
}
