/** What is said of a call, as headers of HTTP/2 (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
import type { OutgoingHttpHeaders } from 'node:http2';
import { ACCEPTED_ENCODINGS } from './decompress-message.ts';

/** Of the connection, or of gRPC itself: they are not the caller's to set. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);
const NAME = /^[0-9a-z_.-]+$/;
const VALUE = /^[ -~]*$/;
/** Of `grpc-timeout`. */
const MOST_DIGITS = 99_999_999;

/**
 * @param metadata the caller's headers; those that come later win
 * @throws TypeError for what is no metadata of gRPC
 */
export function callHeaders(path: string, metadata: readonly Readonly<Record<string, string>>[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': 'application/grpc',
    'grpc-accept-encoding': ACCEPTED_ENCODINGS,
    'user-agent': 'grpc-node-marserve',
  };
  for (const own of metadata) {
    for (const spelling in own) {
      const name = spelling.toLowerCase();
      if (!RESERVED.has(name) && !name.startsWith('grpc-')) headers[name] = checked(name, own[spelling] as string);
    }
  }
  return headers;
}

function checked(name: string, value: string): string {
  if (NAME.test(name) && VALUE.test(value)) return value;
  const problem = NAME.test(name) ? 'expected printable ASCII characters' : 'expected a name of metadata';
  throw new TypeError(`Header "${name}": ${problem}, got ${JSON.stringify(value)}`);
}

/** The value of `grpc-timeout`: milliseconds, or seconds where those have too many digits. */
export function timeoutText(ms: number): string {
  const whole = Math.ceil(ms);
  return whole <= MOST_DIGITS ? `${whole}m` : `${Math.min(MOST_DIGITS, Math.ceil(whole / 1000))}S`;
}
