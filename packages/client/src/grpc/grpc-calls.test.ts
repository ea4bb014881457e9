/** Calls over gRPC, to servers that answer frame by frame as they are told. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../test-support/free-port.ts';
import {
  closeAll,
  closing,
  echo,
  frame,
  HEAD,
  hostOf,
  listen,
  OK,
  open,
  reply,
  serve,
  withResolvers,
} from '../test-support/grpc-server.ts';

afterEach(closeAll);

describe('an answer', () => {
  it('may come in any pieces', async () => {
    const { host } = await serve((stream, message) => {
      stream.respond(HEAD, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      const bytes = frame(message);
      const next = (index: number): void => {
        if (index === bytes.length) stream.end();
        else stream.write(bytes.subarray(index, index + 1), () => next(index + 1));
      };
      next(0);
    });
    expect(await open(host).ask('byte by byte')).toBe('byte by byte');
    expect(await open(host).ask('')).toBe('');
  });

  it('may be large, as the request may', async () => {
    const { host } = await serve(echo);
    const text = 'x'.repeat(3 * 2 ** 20);
    expect((await open(host).ask(text)).length).toBe(text.length);
  });

  it('is refused when it is longer than allowed, before it is there', async () => {
    const { host } = await serve((stream) => reply(stream, frame(Buffer.alloc(10)).fill(255, 1, 5)));
    await expect(open(host, { maxResponseBytes: 100 }).ask('x')).rejects.toMatchObject({
      kind: 'answer',
      message: `${host}: expected a message of at most 100 bytes, got one of 4294967295`,
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('may be compressed with %s, within the same bounds', async (encoding, compress) => {
    const { host } = await serve((stream, message) =>
      reply(stream, frame(compress(message), 1), { head: { 'grpc-encoding': encoding } }),
    );
    const text = 'again and '.repeat(100);
    expect(await open(host).ask(text)).toBe(text);
    await expect(open(host, { maxResponseBytes: 100 }).ask(text)).rejects.toMatchObject({ kind: 'answer' });
  });

  it.each([
    ['an encoding that nobody asked for', { 'grpc-encoding': 'brotli' }, { kind: 'status', code: 12 }],
    ['no encoding', {}, { kind: 'status', code: 13 }],
    ['an encoding that it is not in', { 'grpc-encoding': 'gzip' }, { kind: 'answer' }],
  ])('that says it is compressed is refused with %s', async (_, head, refused) => {
    const { host } = await serve((stream) => reply(stream, frame(Buffer.from('plain'), 1), { head }));
    await expect(open(host).ask('x')).rejects.toMatchObject(refused);
  });

  it('may do without the encoding that it has', async () => {
    const { host } = await serve((stream, message) =>
      reply(stream, frame(message), { head: { 'grpc-encoding': 'gzip' } }),
    );
    expect(await open(host).ask('plain')).toBe('plain');
  });

  it('of several messages, of half a one and without a status is none', async () => {
    let bytes: Buffer = Buffer.concat([frame(Buffer.of(1)), frame(Buffer.of(2))]);
    let trailers = OK;
    const { host } = await serve((stream) => reply(stream, bytes, { trailers }));
    const { ask } = open(host);
    await expect(ask('x')).rejects.toMatchObject({ kind: 'answer', text: expect.stringContaining('several') });
    bytes = frame(Buffer.alloc(9)).subarray(0, 9);
    await expect(ask('x')).rejects.toMatchObject({ kind: 'answer', text: expect.stringContaining('within a message') });
    trailers = { other: 'x' };
    await expect(ask('x')).rejects.toMatchObject({ kind: 'answer', text: expect.stringContaining('grpc-status') });
  });

  it('of an error has its text, and the headers of head and trailers', async () => {
    const trailers = { 'grpc-status': '9', 'grpc-message': '100%25 %C3%A9', 'retry-in': '5' };
    const { host } = await serve((stream) => reply(stream, Buffer.alloc(0), { head: { 'x-model': 'a' }, trailers }));
    await expect(open(host).ask('x')).rejects.toMatchObject({
      kind: 'status',
      code: 9,
      text: '100% é',
      message: `${host} answered FAILED_PRECONDITION: 100% é`,
      headers: { 'x-model': 'a', 'retry-in': '5' },
    });
  });
});

describe('a call', () => {
  it('says what it is, how long it waits, and what its caller adds', async () => {
    let heard: Readonly<Record<string, unknown>> = {};
    const { host } = await serve((stream, message, headers) => {
      heard = headers;
      echo(stream, message, headers);
    });
    const { ask } = open(host, { headers: { Authorization: 'one', 'x-own': 'client' }, forwardHeaders: ['*'] });
    const forward = {
      'content-length': '7',
      connection: 'close',
      host: 'elsewhere',
      'x-request-id': 'mine',
      'grpc-timeout': '1S',
    };
    await ask('x', { forward, headers: { 'X-Own': 'call' }, timeoutMs: 100_000.5 });
    expect(heard).toMatchObject({
      ':method': 'POST',
      ':path': '/a.B/C',
      ':authority': new URL(host).host,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: 'one',
      'x-own': 'call',
      'x-request-id': 'mine',
      'grpc-timeout': expect.stringMatching(/^\d{5,6}m$/),
    });
    expect(Object.keys(heard).filter((name) => ['content-length', 'connection', 'host'].includes(name))).toEqual([]);
    await ask('x', { timeoutMs: 10 ** 9 });
    expect(heard['grpc-timeout']).toBe('1000000S');
    await ask('x', { timeoutMs: 0 });
    expect(heard['grpc-timeout']).toBeUndefined();
    await expect(ask('x', { headers: { 'x-name': 'Zoë' } })).rejects.toThrow(/Header "x-name": expected printable/);
  });

  it('is one of many on one connection, however few the server takes at a time', async () => {
    const { host, sessions } = await serve(echo, { maxConcurrentStreams: 3 });
    const { ask } = open(host);
    const texts = Array.from({ length: 50 }, (_, index) => `call ${index}`);
    expect(await Promise.all(texts.map((text) => ask(text)))).toEqual(texts);
    expect(sessions.length).toBe(1);
  });

  it('ends with its time', async () => {
    const { host } = await serve(() => {});
    await expect(open(host).ask('x', { timeoutMs: 50 })).rejects.toMatchObject({
      kind: 'timeout',
      message: `No answer from ${host} within 50 ms`,
    });
  });

  it('ends with its signal, and its server is told', async () => {
    const { promise: heard, resolve: hear } = withResolvers<ServerHttp2Stream>();
    const { host } = await serve(hear);
    const { ask } = open(host);
    const controller = new AbortController();
    const asked = ask('x', { signal: controller.signal });
    const stream = await heard;
    const closed = once(stream, 'close');
    controller.abort();
    await expect(asked).rejects.toMatchObject({ kind: 'aborted' });
    await closed;
    expect(stream.rstCode).toBe(8);
    await expect(ask('x', { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'aborted' });
  });
});

describe('a connection', () => {
  it('that its server leaves answers what was asked on it; what follows is asked on another', async () => {
    const held: ServerHttp2Stream[] = [];
    const { host, sessions } = await serve((stream, message, headers) => {
      if (message.toString() === 'hold') held.push(stream);
      else echo(stream, message, headers);
    });
    const { ask } = open(host);
    const first = ask('hold');
    await expect.poll(() => held.length).toBe(1);
    sessions[0]?.close();
    await expect.poll(async () => (await ask('next')) && sessions.length).toBe(2);
    reply(held[0] as ServerHttp2Stream, frame(Buffer.from('held')));
    expect(await first).toBe('held');
  });

  it('carries again, once, what its server did not begin', async () => {
    let asked = 0;
    let refusals = 1;
    const { host } = await serve((stream, message, headers) => {
      asked += 1;
      if (asked <= refusals) stream.close(7);
      else echo(stream, message, headers);
    });
    const { ask } = open(host);
    expect([await ask('x'), asked]).toEqual(['x', 2]);
    [asked, refusals] = [0, Infinity];
    await expect(ask('x')).rejects.toMatchObject({ kind: 'connection', code: 14, isRetryable: true });
    expect(asked).toBe(2);
  });

  it('that breaks off fails its calls, and is opened again', async () => {
    const port = await freePort();
    const first = await serve((stream) => stream.session?.destroy(), { port });
    const { ask } = open(first.host);
    await expect(ask('x')).rejects.toMatchObject({
      kind: 'connection',
      text: expect.stringContaining('ended before the answer did'),
    });
    first.close();
    await expect(ask('x')).rejects.toMatchObject({ kind: 'connection', text: expect.stringContaining('ECONNREFUSED') });
    await serve(echo, { port });
    expect(await ask('x')).toBe('x');
  });

  it.each([
    ['says nothing', 200, () => {}, /did not connect within 200 ms/],
    ['speaks HTTP/1.1', 60_000, (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /./],
    ['hangs up', 60_000, (socket: Socket) => socket.end(), /before it said anything/],
  ])('to a server that %s is none', async (_, connectTimeoutMs, accept, reason) => {
    const server = createServer((socket) => {
      socket.on('error', () => {}).resume();
      accept(socket);
    });
    await listen(server);
    closing(() => server.close());
    await expect(open(hostOf(server), { connectTimeoutMs }).ask('x')).rejects.toMatchObject({
      kind: 'connection',
      text: expect.stringMatching(reason),
    });
  });

  it('is opened for nobody when the client is closed', async () => {
    const { host } = await serve(echo);
    const { calls, ask } = open(host);
    expect(await ask('x')).toBe('x');
    calls.close();
    await expect(ask('x')).rejects.toMatchObject({ kind: 'connection', text: 'the client is closed' });
  });

  it('keeps no process that forgets to close its client', async () => {
    const { host } = await serve(echo);
    const program = `
      import { GrpcCalls } from ${JSON.stringify(new URL('../../dist/grpc/grpc-calls.js', import.meta.url).href)};
      const calls = new GrpcCalls(${JSON.stringify(host)}, {});
      console.log(await calls.send({ path: '/a.B/C', message: Buffer.from('done') }, String));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
    expect(stdout).toBe('done\n');
  });
});
