/** How calls of gRPC are written on streams of HTTP/2, as far as clients of gRPC do not show it. */
import { once } from 'node:events';
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { endOf, openSession, openStream, predictionMessage } from '../helpers/grpc-streams.ts';

const REASON = 'zu „blau“ (100 %)\nund kalt \ud800';
const MOODY = `
  import { PredictionError } from '@marserve/handlers';
  export default class Moody {
    handle() { throw new PredictionError(${JSON.stringify(REASON)}, 400); }
  }
`;
let daemon: Daemon;
let session: ClientHttp2Session;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { max_request_size: 100_000, grpc_min_ping_interval_ms: 0, grpc_management_max_connection_age_ms: 500 },
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'moody', source: MOODY });
    },
  });
  await registerModels(daemon, ['echo', 'moody']);
  session = await openSession(daemon.grpcInference);
});

afterAll(async () => {
  session?.destroy();
  await daemon?.close();
});

const MESSAGE = predictionMessage('echo', Buffer.from('hello'));

/** Sends the pieces one by one, each when the other end has read those before. */
async function ask(pieces: readonly Buffer[], headers: OutgoingHttpHeaders = {}, method = 'Predictions') {
  const stream = openStream(session, method, headers);
  const chunks: Buffer[] = [];
  stream.on('data', (bytes: Buffer) => chunks.push(bytes));
  const ended = endOf(stream);
  for (const piece of pieces) {
    stream.write(piece);
    await new Promise<void>((resolve) => session.ping(() => resolve()));
  }
  stream.end();
  const { status: code, message = '' } = await ended;
  return { code: Number(code), message: decodeURI(message), body: Buffer.concat(chunks).toString('latin1') };
}

function compressed(message: Buffer): Buffer {
  const content = gzipSync(message.subarray(5));
  const head = Buffer.alloc(5, 1);
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

describe('a message', () => {
  it('may come in any two pieces', async () => {
    for (let at = 1; at < MESSAGE.length; at += 1) {
      const { code, body } = await ask([MESSAGE.subarray(0, at), MESSAGE.subarray(at)]);
      expect(code).toBe(status.OK);
      expect(body).toContain('hello');
    }
  });

  it.each(['Predictions', 'StreamPredictions', 'StreamPredictions2'])('may be compressed (%s)', async (method) => {
    const { code, body } = await ask([compressed(MESSAGE)], { 'grpc-encoding': 'gzip' }, method);
    expect(code).toBe(status.OK);
    expect(body).toContain('hello');
  });

  it('is answered with one that is not, and with what it may be compressed by', async () => {
    const stream = openStream(session, 'Predictions');
    stream.end(MESSAGE);
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers).toMatchObject({
      ':status': 200,
      'content-type': 'application/grpc+proto',
      'grpc-encoding': 'identity',
      'grpc-accept-encoding': 'identity,deflate,gzip',
    });
    stream.resume();
    await once(stream, 'close');
  });
});

describe('a call', () => {
  const bomb = compressed(predictionMessage('echo', Buffer.alloc(200_000)));
  it.each([
    ['of nothing', [], {}, status.UNIMPLEMENTED, 'expected one message, got none'],
    ['with a part of a message', [MESSAGE.subarray(0, 9)], {}, status.UNIMPLEMENTED, 'got none'],
    ['with two messages', [MESSAGE, MESSAGE], {}, status.UNIMPLEMENTED, 'got several'],
    ['with a time that is none', [MESSAGE], { 'grpc-timeout': '1s' }, status.INVALID_ARGUMENT, '"1s"'],
    ['by snappy', [compressed(MESSAGE)], { 'grpc-encoding': 'snappy' }, status.UNIMPLEMENTED, '"snappy"'],
    ['that is not by gzip', [compressed(MESSAGE)], { 'grpc-encoding': 'deflate' }, status.INVALID_ARGUMENT, 'deflate'],
    ['of a bomb', [bomb], { 'grpc-encoding': 'gzip' }, status.RESOURCE_EXHAUSTED, 'max_request_size'],
    ['of what is too large', [Buffer.of(0, 0, 2, 0, 0)], {}, status.RESOURCE_EXHAUSTED, '131072 bytes'],
  ])('%s is refused', async (_, pieces, headers, code, message) => {
    expect(await ask(pieces, headers)).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('whose time is over before its message is there is late, and in the log', async () => {
    const stream = openStream(session, 'Predictions', { 'grpc-timeout': '50m', 'x-request-id': 'never-sent' });
    expect((await endOf(stream)).status).toBe(String(status.DEADLINE_EXCEEDED));
    expect(await daemon.line('"requestId":"never-sent"')).toContain('"status":504');
  });

  it.each([
    ['Predictions', 'no time at all', '0n'],
    ['StreamPredictions2', 'no time at all', '0n'],
    ['StreamPredictions2', 'little time', '50m'],
  ])('of %s with %s is late', async (method, _, time) => {
    const stream = openStream(session, method, { 'grpc-timeout': time });
    expect((await endOf(stream)).status).toBe(String(status.DEADLINE_EXCEEDED));
  });

  it('is told why in any letters', async () => {
    const { code, message } = await ask([predictionMessage('moody', Buffer.alloc(1))]);
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(message).toContain(REASON.replace('\ud800', '\ufffd'));
  });

  it('that is none of gRPC is not served', async () => {
    const stream = session.request({ ':method': 'POST', ':path': '/x/y', 'content-type': 'application/json' });
    stream.on('error', () => {});
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(415);
    stream.resume();
    await once(stream, 'close');
  });
});

describe('a connection that has its age', () => {
  it('is to be left, and what is called on it is answered', async () => {
    const old = await openSession(daemon.grpcManagement);
    const gone = once(old, 'goaway') as Promise<[number, number, Buffer]>;
    const watch = openStream(old, '/grpc.health.v1.Health/Watch');
    watch.end(Buffer.alloc(5));
    await once(watch, 'data');
    const [code, , reason] = await gone;
    expect([code, reason.toString()]).toEqual([0, 'max_age']);
    expect(watch.closed).toBe(false);
    watch.close();
    await once(old, 'close');
  });
});
