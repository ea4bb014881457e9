/** Streams of HTTP/2 with messages of gRPC in any state, and frames as they are: what no client of gRPC sends. */
import { once } from 'node:events';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import path from 'node:path';
import { loadSync, type MethodDefinition, type PackageDefinition } from '@grpc/proto-loader';
import { PROTOS } from './grpc-client.ts';

const SERVICE = 'org.pytorch.serve.grpc.inference.InferenceAPIsService';

/** Path of one of TorchServe's inference calls; a path stays one. */
const pathOf = (method: string) => (method.startsWith('/') ? method : `/${SERVICE}/${method}`);

/** A connection; to be destroyed. */
export async function openSession(
  address: string,
  options: SecureClientSessionOptions = {},
): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`, options);
  // Who waits for something is told by its end.
  session.on('error', () => {});
  await once(session, 'connect');
  return session;
}

/** A call whose message is written by hand. */
export function openStream(
  session: ClientHttp2Session,
  method: string,
  headers: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const stream = session.request({
    ...headers,
    ':method': 'POST',
    ':path': pathOf(method),
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => {});
  return stream;
}

/** How a call ended: its status, and the code with which the stream was reset. */
export interface StreamEnd {
  readonly status: string | undefined;
  readonly message: string | undefined;
  readonly reset: number;
}

/** Resolves when the stream is closed; its answer is read and forgotten. */
export function endOf(stream: ClientHttp2Stream): Promise<StreamEnd> {
  return new Promise((resolve) => {
    let status: string | undefined;
    let message: string | undefined;
    const see = (headers: Readonly<Record<string, unknown>>) => {
      status = (headers['grpc-status'] as string | undefined) ?? status;
      message = (headers['grpc-message'] as string | undefined) ?? message;
    };
    stream.on('response', see).on('trailers', see).resume();
    stream.once('close', () => resolve({ status, message, reset: stream.rstCode ?? constants.NGHTTP2_NO_ERROR }));
  });
}

let definition: PackageDefinition | undefined;

/** A request for a model's prediction, as it is framed. */
export function predictionMessage(model: string, data: Buffer): Buffer {
  definition ??= loadSync(path.join(PROTOS, 'torchserve/inference.proto'), { includeDirs: [PROTOS] });
  const { Predictions } = definition[SERVICE] as Record<string, MethodDefinition<object, object>>;
  if (Predictions === undefined) throw new Error('there is no Predictions');
  const bytes = Predictions.requestSerialize({ modelName: model, input: { data } });
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The first bytes of a client: the preface, and no settings of its own. */
export const GREETING = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0', 'latin1');

/** A ping of a client. */
export const PING = Buffer.from('\0\0\u0008\u0006\0\0\0\0\0marserve', 'latin1');

const HEADERS = 1;
const END_HEADERS = 4;

/** A frame that begins a call without its message. @param id odd, and higher than those before */
export function headersFrame(id: number, method: string): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  // Literals without indexing of HPACK (RFC 7541, 6.2.2): POST and http are in its table, names by their place there.
  const fields = Buffer.concat([
    Buffer.of(0x83, 0x86, 0x04),
    text(pathOf(method)),
    Buffer.of(0x01),
    text('localhost'),
    Buffer.of(0x0f, 0x10),
    text('application/grpc'),
    Buffer.of(0x00),
    text('te'),
    text('trailers'),
  ]);
  const head = Buffer.alloc(9);
  head.writeUIntBE(fields.length, 0, 3);
  head.writeUInt8(HEADERS, 3);
  head.writeUInt8(END_HEADERS, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, fields]);
}

/** A frame with bytes of a call's messages. */
export function dataFrame(id: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, bytes]);
}

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** The whole frames in what a server sent. */
export function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    frames.push({
      type: bytes.readUInt8(at + 3),
      id: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}
