/** What bounds slow and many clients of gRPC, with real sockets. */
import { once } from 'node:events';
import { constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { connect } from 'node:net';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { call, inferenceClient } from '../helpers/grpc-client.ts';
import {
  dataFrame,
  endOf,
  framesIn,
  GREETING,
  headersFrame,
  openSession,
  openStream,
  PING,
  predictionMessage,
} from '../helpers/grpc-streams.ts';

const MOST_STREAMS = 16;
const RST_STREAM = 3;
const GOAWAY = 7;

let daemon: Daemon;
beforeAll(async () => {
  daemon = await startDaemon({
    config: {
      request_header_timeout: 2,
      request_body_timeout: 2,
      response_write_timeout: 2,
      keep_alive_timeout: 3,
      grpc_max_concurrent_streams: MOST_STREAMS,
      grpc_min_ping_interval_ms: 60_000,
      max_request_size: 3_000_000,
      max_inflight_bytes: 12_000_000,
    },
    fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
  });
  await registerModels(daemon, ['echo']);
  // A first call takes its time, which those who are slow on purpose have not.
  await answersOthers();
});
afterAll(() => daemon.close());

/** Whether others are still served. */
async function answersOthers(): Promise<void> {
  const client = inferenceClient(daemon.grpcInference);
  const asked = { model_name: 'echo', input: { data: Buffer.from('x') } };
  expect(await call(client, 'Predictions', asked)).toEqual({ prediction: Buffer.from('x') });
  client.close();
}

/** Writes as fast as the other end takes it, up to the end of the stream. */
async function write(stream: ClientHttp2Stream, bytes: Buffer): Promise<void> {
  if (stream.closed || stream.destroyed) return;
  await new Promise<void>((resolve) => stream.write(bytes, () => resolve()));
}

/** Whether the other end of a connection answers. */
function pinged(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    if (session.destroyed || !session.ping((error) => resolve(error === null))) resolve(false);
  });
}

const socketTo = (address: string) => {
  const [host = '', port = ''] = address.split(':');
  return connect({ host, port: Number(port) });
};

/** Each waits for a time-out of its own connection. */
describe.concurrent('a slow client of gRPC', () => {
  it('that says nothing, or not enough, is closed', async () => {
    const beginnings = ['', 'PRI * HTTP/2.0', 'GET / HTTP/1.1\r\n'];
    const closed = beginnings.map(async (beginning) => {
      const socket = socketTo(daemon.grpcInference);
      socket.write(beginning);
      socket.resume();
      await once(socket, 'close');
      expect(socket.bytesRead).toBe(0);
    });
    await Promise.all(closed);
  });

  it('that calls nothing is closed', async () => {
    const socket = socketTo(daemon.grpcInference);
    socket.write(GREETING);
    socket.resume();
    const session = await openSession(daemon.grpcInference);
    await Promise.all([once(socket, 'close'), once(session, 'close')]);
    expect(session.closed).toBe(true);
  });

  it.each([
    ['has called nothing', () => GREETING],
    ['does nothing but ping', () => Buffer.concat([GREETING, ...Array.from({ length: 10 }, () => PING)])],
  ])('that keeps its half of a connection when it %s loses it', async (_, beginning) => {
    const [host = '', port = ''] = daemon.grpcInference.split(':');
    const socket = connect({ host, port: Number(port), allowHalfOpen: true });
    const broken = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.write(beginning());
    await once(socket.resume(), 'end');
    // What comes on a connection that is closed breaks it.
    const probe = setInterval(() => socket.write(PING), 50);
    await broken;
    clearInterval(probe);
    expect(socket.destroyed).toBe(true);
  });

  it.each([
    ['Predictions', 'begins no message', 0],
    ['Predictions', 'sends a byte at a time', 1],
    ['StreamPredictions', 'sends a byte at a time', 1],
    ['StreamPredictions2', 'sends a byte at a time', 1],
    ['/inference.GRPCInferenceService/ModelStreamInfer', 'sends a byte at a time', 1],
  ])('whose %s %s is answered that it is late', async (method, _, step) => {
    const session = await openSession(daemon.grpcInference);
    const stream = openStream(session, method);
    const ended = endOf(stream);
    const message = predictionMessage('echo', Buffer.alloc(100_000));
    // None of them, or one after the other.
    const bytes = step === 0 ? [] : message;
    for (const byte of bytes) {
      if (stream.closed) break;
      await write(stream, Buffer.of(byte));
      await pinged(session);
    }
    const { status: code, message: text } = await ended;
    expect([Number(code), decodeURI(text ?? '')]).toEqual([
      status.DEADLINE_EXCEEDED,
      'The message did not come to its end within 2 s (request_body_timeout).',
    ]);
    session.destroy();
    await answersOthers();
  });

  it('that waits between whole messages is not late', async () => {
    const session = await openSession(daemon.grpcInference);
    const stream = openStream(session, 'StreamPredictions2');
    const message = predictionMessage('echo', Buffer.from('x'));
    for (let round = 0; round < 2; round += 1) {
      stream.write(message);
      await once(stream, 'data');
      // A call that begins later has had its time.
      expect((await endOf(openStream(session, 'Predictions'))).status).toBe(String(status.DEADLINE_EXCEEDED));
    }
    expect(stream.closed).toBe(false);
    stream.end();
    expect((await endOf(stream)).status).toBe('0');
    session.destroy();
  });

  it('that takes nothing of its answer loses it', async () => {
    const session = await openSession(daemon.grpcInference, { settings: { initialWindowSize: 0 } });
    const stream = openStream(session, 'Predictions');
    const ended = endOf(stream);
    stream.end(predictionMessage('echo', Buffer.alloc(1_000_000)));
    expect(await ended).toMatchObject({ status: undefined, reset: constants.NGHTTP2_CANCEL });
    session.destroy();
    await answersOthers();
  });
});

describe('a client of gRPC', () => {
  it('that sends its message in frames of one byte, as fast as it can, is closed', async () => {
    const socket = socketTo(daemon.grpcInference);
    const chunks: Buffer[] = [];
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    // As much as it may send before it is asked for more.
    const message = predictionMessage('echo', Buffer.alloc(100_000)).subarray(0, 60_000);
    const frames = Array.from(message, (byte) => dataFrame(1, Uint8Array.of(byte)));
    socket.write(Buffer.concat([GREETING, headersFrame(1, 'Predictions'), ...frames]));
    await closed;
    const away = framesIn(Buffer.concat(chunks)).find(({ type }) => type === GOAWAY);
    // It may be lost with the connection, which is closed with bytes that are not read.
    const code = away?.payload.readUInt32BE(4) ?? constants.NGHTTP2_ENHANCE_YOUR_CALM;
    expect(code).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await answersOthers();
  });

  it('that sends many small messages at once is served', async () => {
    const messages = Array.from({ length: 3000 }, (_, index) => predictionMessage('echo', Buffer.from(String(index))));
    const session = await openSession(daemon.grpcInference);
    const stream = openStream(session, 'StreamPredictions2');
    let answers = '';
    stream.on('data', (bytes: Buffer) => (answers += bytes.toString('latin1')));
    for (const message of messages) stream.write(message);
    stream.end();
    expect((await endOf(stream)).status).toBe('0');
    expect(answers).toContain('2999');
    session.destroy();
  });

  it('that opens a thousand streams has as many as it may, and nobody is held up', async () => {
    const socket = socketTo(daemon.grpcInference);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    socket.write(GREETING);
    socket.write(Buffer.concat(Array.from({ length: 1000 }, (_, index) => headersFrame(2 * index + 1, 'Predictions'))));
    const refused = () =>
      framesIn(Buffer.concat(chunks)).filter(
        ({ type, payload }) => type === RST_STREAM && payload.readUInt32BE(0) === constants.NGHTTP2_REFUSED_STREAM,
      );
    await expect.poll(() => refused().length).toBe(1000 - MOST_STREAMS);
    await answersOthers();
    socket.destroy();
  });

  it('that calls what there is not, and does not end, is told so, and ended', async () => {
    const session = await openSession(daemon.grpcInference);
    const ended = endOf(openStream(session, 'Nothing'));
    expect((await ended).status).toBe(String(status.UNIMPLEMENTED));
    session.destroy();
  });

  it('may send 256 KB ahead, on its connection and on each stream', async () => {
    const session = await openSession(daemon.grpcInference);
    await expect.poll(() => session.remoteSettings.initialWindowSize).toBe(256 * 1024);
    await expect.poll(() => session.state.remoteWindowSize).toBe(256 * 1024);
    session.destroy();
  });

  it('that does nothing but ping is closed', async () => {
    const session = await openSession(daemon.grpcInference);
    const gone = once(session, 'goaway') as Promise<[number, number, Buffer]>;
    const ping = () => session.ping(() => {});
    for (let count = 0; count < 20 && !session.destroyed; count += 1) ping();
    const [code, , reason] = await gone;
    expect([code, reason.toString()]).toEqual([constants.NGHTTP2_ENHANCE_YOUR_CALM, 'too_many_pings']);
    await answersOthers();
  });

  it('that pings beside its calls is not', async () => {
    const session = await openSession(daemon.grpcInference);
    const stream = openStream(session, 'StreamPredictions2');
    stream.write(predictionMessage('echo', Buffer.from('x')));
    await once(stream, 'data');
    for (let count = 0; count < 20; count += 1) expect(await pinged(session)).toBe(true);
    session.destroy();
  });
});

describe('messages that are on their way', () => {
  /** Streams of one client, each with a part of a message. */
  async function begin(sessions: readonly ClientHttp2Session[], method: string) {
    const part = predictionMessage('echo', Buffer.alloc(2_000_000)).subarray(0, 1_900_000);
    const streams = sessions.map((session) => openStream(session, method));
    const ends = streams.map(endOf);
    await Promise.all(streams.map((stream) => write(stream, part)));
    return { streams, ends };
  }

  it.each(['Predictions', 'StreamPredictions', 'StreamPredictions2'])(
    'have the memory of max_inflight_bytes alone, before they are whole (%s)',
    async (method) => {
      const sessions = await Promise.all(Array.from({ length: 12 }, () => openSession(daemon.grpcInference)));
      const { ends } = await begin(sessions, method);
      const results = await Promise.all(ends);
      const refused = results.filter((end) => end.status === String(status.UNAVAILABLE));
      // 12 MB hold about six of them.
      expect(refused.length).toBeGreaterThanOrEqual(4);
      expect(refused.length).toBeLessThan(12);
      expect(decodeURI(refused[0]?.message ?? '')).toContain('max_inflight_bytes');
      for (const session of sessions) session.destroy();
    },
  );

  it('are given back: by whole ones, by late ones, and by clients that go', async () => {
    const sessions = await Promise.all(Array.from({ length: 4 }, () => openSession(daemon.grpcInference)));
    for (const method of ['Predictions', 'StreamPredictions2']) await begin(sessions, method);
    for (const session of sessions) session.destroy();
    const client = inferenceClient(daemon.grpcInference);
    const data = Buffer.alloc(2_800_000);
    // Were something kept, a quarter of what is left would soon be too little.
    for (let round = 0; round < 10; round += 1) {
      const answer = await call<{ prediction: Buffer }>(client, 'Predictions', { model_name: 'echo', input: { data } });
      expect(answer.prediction.length).toBe(data.length);
    }
    client.close();
  });

  it('are not mixed up where many large ones come at once, one after the other', async () => {
    const client = inferenceClient(daemon.grpcInference);
    const echo = async (round: number) => {
      const data = Buffer.alloc(140_000 + 30_011 * round, `message ${round} `);
      const answer = await call<{ prediction: Buffer }>(client, 'Predictions', { model_name: 'echo', input: { data } });
      expect(answer.prediction.equals(data)).toBe(true);
    };
    const lines = Array.from({ length: 5 }, async (_, line) => {
      for (let round = line; round < 40; round += 5) await echo(round % 13);
    });
    await Promise.all(lines);
    client.close();
  });
});
