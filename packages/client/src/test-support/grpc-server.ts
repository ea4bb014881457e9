/** Servers of gRPC that answer frame by frame as they are told, and clients of them; closed by `closeAll`. */
import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { ClientOptions } from '../client-options.ts';
import { GrpcCalls } from '../grpc/grpc-calls.ts';

const closers: (() => unknown)[] = [];

/** Everything that was opened since. */
export function closeAll(): void {
  for (const close of closers.splice(0).reverse()) close();
}

/** To be closed with everything else. */
export function closing(close: () => unknown): void {
  closers.push(close);
}

export type Answer = (stream: ServerHttp2Stream, message: Buffer, headers: Readonly<Record<string, unknown>>) => void;

/** Answers calls when their messages are whole. */
export async function serve(answer: Answer, { port = 0, maxConcurrentStreams = 1000 } = {}) {
  const sessions: ServerHttp2Session[] = [];
  const server = createHttp2Server({ settings: { maxConcurrentStreams } });
  server.on('session', (session) => sessions.push(session.on('error', () => {})));
  server.on('stream', (stream, headers) => {
    const pieces: Buffer[] = [];
    stream.on('error', () => {}).on('data', (piece: Buffer) => pieces.push(piece));
    stream.once('end', () => answer(stream, Buffer.concat(pieces).subarray(5), headers));
  });
  await listen(server, port);
  const close = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  closing(close);
  return { host: hostOf(server), sessions, close };
}

export async function listen(server: Server | ReturnType<typeof createHttp2Server>, port = 0): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

export const hostOf = (server: { address(): unknown }) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

export function frame(message: Uint8Array, flag = 0): Buffer {
  const head = Buffer.from([flag, 0, 0, 0, 0]);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

export const HEAD = { ':status': 200, 'content-type': 'application/grpc' };

export const OK: Readonly<Record<string, string>> = { 'grpc-status': '0' };

interface Said {
  readonly head?: Readonly<Record<string, string>>;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** Answers with bytes and a status. */
export function reply(stream: ServerHttp2Stream, bytes: Uint8Array, { head = {}, trailers = OK }: Said = {}) {
  stream.respond({ ...HEAD, ...head }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(bytes);
}

export const echo: Answer = (stream, message) => reply(stream, frame(message));

export function open(host: string, options: ClientOptions = {}) {
  const calls = new GrpcCalls(host, { retries: 0, timeoutMs: 60_000, ...options });
  closers.push(() => calls.close());
  const ask = (text: string, call = {}) =>
    calls.send(
      { path: '/a.B/C', message: new TextEncoder().encode(text) },
      (bytes) => Buffer.from(bytes).toString(),
      call,
    );
  return { calls, ask };
}

export function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((resolved) => (resolve = resolved));
  return { promise, resolve };
}
