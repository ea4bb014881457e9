/** An address that its name no longer has: what is asked there is answered, then its connections end. */
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { GrpcChannels } from '../grpc/grpc-channels.ts';
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
  const channels = new GrpcChannels({ maxResponseBytes: 100, tls: {} });
  const host = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, address: '127.0.0.1' };
  const asked = once(server, 'stream') as unknown as Promise<[ServerHttp2Stream]>;
  const answered = new Promise<number | undefined>((resolve) =>
    channels.clientOf(host).makeUnaryRequest('/a/B', asIs, asIs, Buffer.alloc(0), (error) => resolve(error?.code)),
  );
  const [stream] = await asked;
  const isClosed = once(stream.session as ServerHttp2Session, 'close');
  channels.forget(host);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '9' }, { endStream: true });
  expect(await answered).toBe(9);
  await isClosed;
});

const asIs = (message: Buffer) => message;
