/** Undoes the Content-Encoding of a body (RFC 9110, 8.4), off the daemon's thread. */
import { Readable, Writable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { ServeError, messageOf } from '../../core/errors.ts';
import type { BodySink } from './body-sink.ts';

/** A way in which a body was compressed. */
export type ContentCoding = keyof typeof DECODERS;

type Decoder = Transform & { readonly bytesWritten: number };

const DECODERS = {
  gzip: () => createGunzip(),
  deflate: ([first]: readonly Buffer[]) => (isZlib(first) ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress({ params: { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 0 } }),
} as const satisfies Record<string, (pieces: readonly Buffer[]) => Decoder>;

const ALIASES: Readonly<Record<string, string>> = { 'x-gzip': 'gzip', 'x-deflate': 'deflate' };
const MAX_CODINGS = 5;

/**
 * The codings of a body in the order in which they were applied; none for a body that came as it is.
 * @throws ServeError `unsupported_encoding` when one of them is unknown, or there are too many
 */
export function contentCodings(header: string | undefined): ContentCoding[] {
  if (header === undefined) return [];
  const names = header.split(',').map((name) => name.trim().toLowerCase());
  const codings = names.filter((name) => name !== '' && name !== 'identity').map((name) => ALIASES[name] ?? name);
  if (codings.length <= MAX_CODINGS && codings.every(isKnown)) return codings;
  const accepted = Object.keys(DECODERS);
  const message = `The Content-Encoding must be ${accepted.join(', ')} or identity, or at most ${MAX_CODINGS} of them; got "${header.slice(0, 100)}".`;
  throw new ServeError('unsupported_encoding', message, { accepted });
}

function isKnown(coding: string): coding is ContentCoding {
  return Object.hasOwn(DECODERS, coding);
}

/**
 * Undoes the codings, the last first.
 * @param sink made for what each coding gives
 * @throws ServeError `invalid_argument` for a stream that is damaged, cut short or followed by something else; whatever the sink throws
 */
export async function decodeContent(
  pieces: Buffer[],
  codings: readonly ContentCoding[],
  sink: () => BodySink,
): Promise<Buffer[]> {
  let decoded = pieces;
  for (const coding of codings.toReversed()) {
    // A request without a body may have the header all the same.
    if (decoded.length > 0) decoded = await decode(decoded, coding, sink());
  }
  return decoded;
}

async function decode(pieces: Buffer[], coding: ContentCoding, sink: BodySink): Promise<Buffer[]> {
  const decoder: Decoder = DECODERS[coding](pieces);
  const target = new Writable({
    write(bytes: Buffer, _, done) {
      try {
        sink.add(bytes);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    await pipeline(Readable.from(pieces), decoder, target);
  } catch (error) {
    throw error instanceof ServeError ? error : damaged(coding, messageOf(error));
  }
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (decoder.bytesWritten < size) throw damaged(coding, 'there is something behind its end');
  return sink.take();
}

/** RFC 1950: clients differ in whether they send the header of zlib. */
function isZlib(first: Buffer | undefined): boolean {
  return first !== undefined && ((first[0] ?? 0) & 0x0f) === 8;
}

function damaged(coding: ContentCoding, reason: string): ServeError {
  return new ServeError('invalid_argument', `The body is not what its Content-Encoding ${coding} says: ${reason}.`);
}
