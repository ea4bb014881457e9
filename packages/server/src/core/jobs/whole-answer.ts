/** An answer that is needed whole, though it may come in parts. */
import { ServeError } from '../errors.ts';
import type { JobAnswer, JobResult } from './job.ts';

/** What comes in parts may never end. */
const MOST_BYTES = 64 * 2 ** 20;

/** The facts of the first part, and the bodies of all. @throws ServeError when it ends early; `response_too_large` beyond 64 MB */
export async function wholeAnswer({ meta, body, rest }: JobAnswer): Promise<JobResult> {
  if (rest === undefined) return { meta, body };
  const bodies = [body];
  let bytes = body.byteLength;
  for await (const part of rest) {
    bytes += part.body.byteLength;
    if (bytes > MOST_BYTES) throw tooLarge();
    bodies.push(part.body);
  }
  return { meta, body: Buffer.concat(bodies) };
}

function tooLarge(): ServeError {
  return new ServeError('response_too_large', `The parts of the answer have more than ${MOST_BYTES} bytes.`);
}
