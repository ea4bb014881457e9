/** What a client says of its call: the headers of HTTP/2, without those that are gRPC's own. */
import type { IncomingHttpHeaders } from 'node:http2';

/** Not for procedures (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const OWN: ReadonlySet<string> = new Set([
  'grpc-timeout',
  'grpc-encoding',
  'grpc-accept-encoding',
  'accept-encoding',
  'te',
  'content-type',
]);
/** Names of values that are bytes in base64 end so. */
const BINARY = '-bin';
/** Others are no values of gRPC. */
const TEXT = /^[ -~]*$/;

/** In which requests of REST say it, and handlers find how long their clients wait. */
const TIMEOUT = 'x-request-timeout-ms';

/** Names and values in turn, of what is text. @param timeoutMs how long the client waits, in milliseconds, where it says so */
export function rawHeadersOf(headers: IncomingHttpHeaders, timeoutMs?: number): string[] {
  const list: string[] = [];
  if (timeoutMs !== undefined && headers[TIMEOUT] === undefined) list.push(TIMEOUT, String(Math.ceil(timeoutMs)));
  for (const name in headers) {
    if (name.startsWith(':') || OWN.has(name)) continue;
    const value = textOf(headers, name);
    if (value !== undefined) list.push(name, value);
  }
  return list;
}

/** A text by its name in lower case; `host` is the authority. */
export function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = name === 'host' ? (headers[':authority'] ?? headers.host) : headers[name];
  const text = Array.isArray(value) ? value[0] : value;
  return text === undefined || name.endsWith(BINARY) || !TEXT.test(text) ? undefined : text;
}
