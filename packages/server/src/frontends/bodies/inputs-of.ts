/** A body as the named inputs of a job. */
import type { JobInput } from '../../core/jobs/job.ts';
import { FORM_INPUT } from '../../protocols/codec.ts';
import { charsetOf } from './content-type.ts';
import { readForm } from './read-form.ts';

/** @param pieces the whole body @throws ServeError as `readForm` */
export type InputReader = (pieces: readonly Buffer[]) => JobInput[] | Promise<JobInput[]>;

/** What the header Content-Type makes of a body. @throws ServeError `unsupported_encoding`, before anything is read */
export function inputsOf(contentType: string, mediaType: string): InputReader {
  const charset = charsetOf(contentType, mediaType);
  if (mediaType.startsWith('multipart/')) return (pieces) => readForm(contentType, pieces);
  const name = mediaType === 'application/x-www-form-urlencoded' ? FORM_INPUT : 'body';
  return (chunks) => [{ name, contentType: mediaType, charset, chunks }];
}
