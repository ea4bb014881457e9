/** An address that its name no longer has: what is asked there is answered, then its connections end. */
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { callHeaders } from '../grpc/call/call-headers.ts';
import { callUnary } from '../grpc/call/unary-call.ts';
import { Deadline } from '../calls/deadline.ts';
import { GrpcConnections } from '../grpc/connection/grpc-connections.ts';
import { UndiciTransport } from '../platform/undici/undici-transport.ts';
import { startServer } from '../test-support/scripted-server.ts';

it('over REST', async () => {
  const asked = new EventEmitter<{ request: [ServerResponse] }>();
  const server = await startServer((response) => asked.emit('request', response));
  onTestFinished(() => server.close());
  const transport = new UndiciTransport({ connectTimeoutMs: 60_000, maxConnections: 1, tls: {} });
  const host = { url: server.url, address: '127.0.0.1' };
  const { signal } = new AbortController();
  const request = once(asked, 'request') as Promise<[ServerResponse]>;
  const sent = transport.send({ host, method: 'GET', path: '/', headers: {}, signal });
  const [response] = await request;
  const isClosed = once(response.socket as Socket, 'close');
  transport.forget(host);
  response.end('late');
  expect(new TextDecoder().decode(await (await sent).bytes(100))).toBe('late');
  await isClosed;
  await transport.close();
});

it('over gRPC', async () => {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  server.on('session', (session) => sessions.push(session));
  await once(server, 'listening');
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const connections = new GrpcConnections({ connectTimeoutMs: 60_000, tls: {} });
  const host = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, address: '127.0.0.1' };
  const asked = once(server, 'stream') as unknown as Promise<[ServerHttp2Stream]>;
  const request = { headers: callHeaders('/a/B', []), message: new Uint8Array() };
  const limits = { deadline: new Deadline(0), most: 100 };
  const answered = callUnary(await connections.sessionTo(host), request, limits).catch((error: unknown) => error);
  const [stream] = await asked;
  const isClosed = once(stream.session as ServerHttp2Session, 'close');
  connections.forget(host);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '9' }, { endStream: true });
  expect(await answered).toMatchObject({ code: 9 });
  await isClosed;
});
