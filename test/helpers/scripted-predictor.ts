/** Predictors that answer byte by byte as they are told, over HTTP and gRPC. */
import { once } from 'node:events';
import { createServer as createHttp2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { bytesField, integersField, textField } from '../../packages/client/src/protobuf/fields.ts';

/** Writes an answer, or what is none. */
export type RawAnswer = (socket: Socket, request: string) => void;

export interface RawPredictor {
  /** What the next requests are answered. */
  answer: RawAnswer;
  /** Of TLS, in place of the certificate that it has. */
  setCertificate(options: TlsOptions): void;
  /** Connections that were opened. */
  readonly connections: () => number;
  close(): Promise<void>;
}

interface Place {
  readonly port: number;
  readonly host?: string;
  readonly tls?: TlsOptions;
}

/** Of HTTP: it sees each request when it is whole. */
export async function startRawPredictor(answer: RawAnswer, { port, host = '127.0.0.1', tls }: Place) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const onConnection = (socket: Socket) => {
    connections += 1;
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += String(chunk);
      if (!isWhole(text)) return;
      const request = text;
      text = '';
      predictor.answer(socket, request);
    });
  };
  const secure = tls === undefined ? undefined : createTlsServer(tls, onConnection);
  const server: Server = secure ?? createServer(onConnection);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    // What breaks off is what these tests are about.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  secure?.on('tlsClientError', () => {});
  await once(server.listen(port, host), 'listening');
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const predictor: RawPredictor = {
    answer,
    connections: () => connections,
    setCertificate(options) {
      secure?.setSecureContext(options);
      dropAll();
    },
    async close() {
      server.close();
      dropAll();
      await once(server, 'close');
    },
  };
  return predictor;
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
  return text.length >= end + 4 + length;
}

/** An answer of HTTP/1.1; the headers win over those that it would have. */
export function response(body: string | Buffer, headers: Readonly<Record<string, string | number>> = {}, status = 200) {
  const bytes = Buffer.from(body as string);
  const all = { 'content-type': 'application/json', 'content-length': bytes.length, ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Status\r\n${head.join('')}\r\n`), bytes]);
}

/** Writes it, and leaves the connection as it is. */
export const write =
  (bytes: Buffer | string): RawAnswer =>
  (socket) =>
    socket.write(bytes);

/** Writes it, and breaks the connection off. */
export const breakOff =
  (bytes: Buffer | string): RawAnswer =>
  (socket) =>
    socket.write(bytes, () => socket.destroy());

/** Answers a call of gRPC. */
export type GrpcAnswer = (stream: ServerHttp2Stream) => void;

export interface GrpcPredictor {
  /** What the next calls are answered. */
  answer: GrpcAnswer;
  close(): Promise<void>;
}

export async function startGrpcPredictor(answer: GrpcAnswer, { port, host = '127.0.0.1' }: Place) {
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2Server();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {}).once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.resume().once('end', () => predictor.answer(stream));
  });
  await once(server.listen(port, host), 'listening');
  const predictor: GrpcPredictor = {
    answer,
    async close() {
      server.close();
      for (const session of sessions) session.destroy();
      await once(server, 'close');
    },
  };
  return predictor;
}

/** A message behind its length; both may be told otherwise. */
export function grpcFrame(message: Uint8Array, length = message.length, flag = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flag);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

/** Answers with bytes, and trailers where they are given. */
export const grpcAnswer =
  (bytes: Uint8Array, trailers: Readonly<Record<string, string>> | undefined = { 'grpc-status': '0' }): GrpcAnswer =>
  (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: trailers !== undefined });
    if (trailers !== undefined) stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(bytes);
  };

/** ModelInferResponse with the output `price`, a row for each four bytes. */
export function pricesMessage(raw: Uint8Array): Buffer {
  const head = [...textField(1, 'price'), ...textField(2, 'FP32'), ...integersField(3, [Math.ceil(raw.length / 4), 1])];
  return Buffer.concat([...textField(1, 'price'), ...bytesField(5, Buffer.concat(head)), ...bytesField(6, raw)]);
}
