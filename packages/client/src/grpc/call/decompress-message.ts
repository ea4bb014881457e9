/** Messages that a server has compressed. */
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { FramedMessage } from './message-reader.ts';
import { RPC_CODES } from './rpc-codes.ts';
import { RpcFailure } from './rpc-failure.ts';

/** What servers may compress with; told to them with each call. */
export const ACCEPTED_ENCODINGS = 'identity,deflate,gzip';

const DECOMPRESSORS = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/** How the messages of an answer are read. */
export interface DecompressOptions {
  /** The `grpc-encoding` of the answer. */
  readonly encoding: string | undefined;
  /** Bytes of the message when it is decompressed. */
  readonly most: number;
}

/** @throws RpcFailure for what cannot be decompressed */
export async function decompressMessage(
  { isCompressed, bytes }: FramedMessage,
  { encoding = 'identity', most }: DecompressOptions,
): Promise<Buffer> {
  if (!isCompressed) return bytes;
  const decompress = decompressorOf(encoding);
  try {
    return await decompress(bytes, { maxOutputLength: most });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw new RpcFailure(`the message is no ${encoding}`, { cause });
    throw new RpcFailure(`expected a message of at most ${most} bytes, got one of more when decompressed`, { cause });
  }
}

/** @throws RpcFailure for an encoding that nobody asked for, and for none */
export function assertEncoding(encoding = 'identity'): void {
  decompressorOf(encoding);
}

function decompressorOf(encoding: string) {
  const decompress = DECOMPRESSORS.get(encoding);
  if (decompress !== undefined) return decompress;
  const code = encoding === 'identity' ? RPC_CODES.INTERNAL : RPC_CODES.UNIMPLEMENTED;
  const problem = `expected grpc-encoding to be one of ${ACCEPTED_ENCODINGS}, got ${encoding} for a compressed message`;
  throw new RpcFailure(problem, { code });
}
