/** Messages that a client has compressed. */
import { constants } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { ServeError } from '../../../core/errors.ts';
import type { FramedMessage } from './message-reader.ts';

/** What clients may compress with; told to them with each answer. */
export const ACCEPTED_ENCODINGS = 'identity,deflate,gzip';

const DECOMPRESSORS = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/** How the messages of a call are read. */
export interface DecompressOptions {
  /** The call's `grpc-encoding`. */
  readonly encoding: string | undefined;
  /** Of the message when it is decompressed. */
  readonly maxBytes: number;
}

/** @throws ServeError `unsupported_encoding`, `request_too_large`, `invalid_argument` for what cannot be decompressed */
export async function decompressMessage(
  { isCompressed, bytes }: FramedMessage,
  { encoding = 'identity', maxBytes }: DecompressOptions,
): Promise<Buffer> {
  if (!isCompressed || encoding === 'identity') return bytes;
  const decompress = DECOMPRESSORS.get(encoding);
  if (decompress === undefined) {
    const message = `grpc-encoding: expected one of ${ACCEPTED_ENCODINGS}, got "${encoding.slice(0, 60)}"`;
    throw new ServeError('unsupported_encoding', message);
  }
  try {
    return await decompress(bytes, { maxOutputLength: Math.min(maxBytes, constants.MAX_LENGTH) });
  } catch (error) {
    throw refusal(error, encoding, maxBytes);
  }
}

function refusal(cause: unknown, encoding: string, maxBytes: number): ServeError {
  if (cause instanceof RangeError) {
    const message = `The message is larger when it is decompressed than the ${maxBytes} bytes that max_request_size allows.`;
    return new ServeError('request_too_large', message, { cause });
  }
  return new ServeError('invalid_argument', `The message cannot be decompressed (${encoding}).`, { cause });
}
