/** In which forms bodies are, by their content types (protocols.md 6.2). */
import { ServeError } from '../../core/errors.ts';

/** Of bodies in JSON. */
export const JSON_TYPE = 'application/json';
/** Those of bodies in protobuf; the first is that of answers to clients that do not care. */
export const PROTOBUF_TYPES = [
  'application/octet-stream',
  'application/vnd.google.protobuf',
  'application/x-protobuf',
] as const;

const KNOWN: readonly string[] = [JSON_TYPE, ...PROTOBUF_TYPES];

/** Whether a body is in JSON. @param mediaType without parameters, lower case @throws ServeError `invalid_argument` for any other form */
export function assertRequestType(mediaType: string): void {
  if (KNOWN.includes(mediaType)) return;
  const got = mediaType === '' ? 'none' : `"${mediaType.slice(0, 100)}"`;
  throw new ServeError(
    'invalid_argument',
    `Missing or unknown 'Content-Type' header field in the request: expected ${KNOWN.join(', ')}; got ${got}`,
  );
}

/**
 * The content type of an answer: the first that the client names, protobuf where it does not care.
 * @throws ServeError `invalid_argument` when it takes none of them
 */
export function answerType(accept: string | undefined): string {
  const [usual] = PROTOBUF_TYPES;
  if (accept === undefined || accept.trim() === '') return usual;
  for (const range of accept.split(',')) {
    const [type = ''] = range.split(';');
    const wanted = type.trim().toLowerCase();
    if (KNOWN.includes(wanted)) return wanted;
    if (wanted === '*/*' || wanted === 'application/*') return usual;
  }
  const expected = `expected ${KNOWN.join(', ')} or */*; got "${accept.slice(0, 100)}"`;
  throw new ServeError('invalid_argument', `Unknown 'Accept' header field in the request: ${expected}`);
}
