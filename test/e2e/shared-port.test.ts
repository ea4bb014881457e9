/** REST and gRPC on one port. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../packages/server/src/test-support/certificates.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { call, createGrpcClient, HEALTH, inferenceClient, managementClient } from '../helpers/grpc-client.ts';
import { send } from '../helpers/http.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** An empty frame of settings, which each side begins with. */
const SETTINGS = '\0\0\0\u0004\0\0\0\0\0';
const ASK = 'GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n';
const MOST = 6;

/** Writes a byte at a time, each in a packet of its own where the system lets it. */
async function dribble(socket: Socket, text: string): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of Buffer.from(text, 'latin1')) {
    await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    await new Promise(setImmediate);
  }
}

const hasAnswer = (text: string) => text.includes('"models"');
/** The beginning of a frame of settings, without its length. */
const hasSettings = (text: string) => text.slice(3, 4) === '\u0004';

describe('an address with the port of gRPC', () => {
  let daemon: Daemon;
  let address: string;

  beforeAll(async () => {
    const [inference, management] = [await freePort(), await freePort()];
    daemon = await startDaemon({
      config: {
        inference_address: `http://127.0.0.1:${inference}`,
        grpc_inference_port: inference,
        management_address: `http://127.0.0.1:${management}`,
        grpc_management_address: '127.0.0.1',
        grpc_management_port: management,
        request_header_timeout: 1,
        max_connections: MOST,
      },
      fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
    });
    address = daemon.grpcInference;
    await registerModels(daemon, ['echo']);
  });
  afterAll(() => daemon.close());

  it('is one address', () => {
    expect(daemon.inference).toBe(`http://${daemon.grpcInference}`);
    expect(daemon.management).toBe(`http://${daemon.grpcManagement}`);
  });

  it('answers both, each as on an address of its own', async () => {
    const data = Buffer.alloc(3_000_000, 'Grüße ');
    const client = inferenceClient(address);
    const asked = { model_name: 'echo', input: { data } };
    const [answer, rest] = await Promise.all([
      call<{ prediction: Buffer }>(client, 'Predictions', asked),
      fetch(`${daemon.inference}/predictions/echo`, { method: 'POST', body: data }),
    ]);
    expect(answer.prediction.equals(data)).toBe(true);
    expect(Buffer.from(await rest.arrayBuffer()).equals(data)).toBe(true);
    expect((await send(`${daemon.inference}/models`)).status).toBe(404);
    await expect(call(client, 'Predictions', { model_name: 'nobody' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    client.close();
    const management = managementClient(daemon.grpcManagement);
    expect(await call(management, 'ListModels')).toMatchObject({ msg: expect.stringContaining('"echo"') as string });
    expect((await send(`${daemon.management}/models`)).text).toContain('"echo"');
    const strayed = managementClient(address);
    await expect(call(strayed, 'ListModels')).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    for (const each of [management, strayed]) each.close();
  });

  it('tells them apart however their first bytes come', async () => {
    const http = await openConnection(daemon.inference);
    const answered = readUntil(http, hasAnswer);
    await dribble(http, ASK);
    expect(await answered).toMatch(/^HTTP\/1\.1 200 OK/);
    // And all that follows.
    const again = readUntil(http, hasAnswer);
    http.write(ASK);
    expect(await again).toMatch(/^HTTP\/1\.1 200 OK/);
    http.destroy();

    const http2 = await openConnection(daemon.inference);
    const greeted = readUntil(http2, hasSettings);
    await dribble(http2, PREFACE + SETTINGS);
    expect(hasSettings(await greeted)).toBe(true);
    http2.destroy();

    for (const text of ['PRI / HTTP/1.1\r\nHost: a\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n', 'P\r\n\r\n']) {
      const odd = await openConnection(daemon.inference);
      odd.write(text);
      expect(await readUntil(odd)).toMatch(/^HTTP\/1\.1 400 /);
      odd.destroy();
    }
    const posted = await openConnection(daemon.inference);
    const echoed = readUntil(posted, (text) => text.endsWith('abc'));
    await dribble(posted, 'POST /predictions/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc');
    expect(await echoed).toMatch(/^HTTP\/1\.1 200 [^]*abc$/);
    posted.destroy();
  });

  it('answers requests that came in one piece, in their order', async () => {
    const socket = await openConnection(daemon.inference);
    socket.write(ASK.repeat(3) + ASK.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect((await readUntil(socket)).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(4);
    socket.destroy();
  });

  it.each(['', 'P', PREFACE.slice(0, -1)])('closes one that says nothing but %j', async (beginning) => {
    const { hostname, port } = new URL(daemon.inference);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(beginning);
    socket.resume();
    await once(socket, 'close');
    expect(socket.bytesRead).toBe(0);
  });

  it('counts the connections of both, and has room for others when some have gone', async () => {
    const clients = Array.from({ length: 3 }, () => inferenceClient(address));
    for (const client of clients) await call(client, 'Ping');
    const sockets: Socket[] = [];
    for (let index = 0; index < 3; index += 1) {
      const socket = await openConnection(daemon.inference);
      const answered = readUntil(socket, hasAnswer);
      socket.write(ASK);
      expect(await answered).toContain('200 OK');
      sockets.push(socket);
    }
    const refused = await openConnection(daemon.inference);
    refused.write(ASK);
    expect(await readUntil(refused)).toBe('');
    for (const client of clients) client.close();
    await expect
      .poll(async () => (await send(`${daemon.inference}/live`).catch(() => ({ status: 0 }))).status)
      .toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it('answers what both have under way when it stops', async () => {
    const client = inferenceClient(address);
    await call(client, 'Ping');
    const idle = await openConnection(daemon.inference);
    const answered = readUntil(idle, hasAnswer);
    idle.write(ASK);
    await answered;
    const silent = await openConnection(daemon.inference);
    const gone = Promise.all([once(idle, 'close'), once(silent, 'close')]);
    for (const socket of [idle, silent]) socket.on('end', () => socket.destroy()).resume();
    expect(await daemon.end()).toBe(0);
    await gone;
    client.close();
  });
});

describe('one port for everything', () => {
  it('has all APIs, over REST and gRPC', async () => {
    const port = await freePort();
    const one = `http://127.0.0.1:${port}`;
    const daemon = await startDaemon({
      config: {
        inference_address: one,
        management_address: one,
        metrics_address: one,
        grpc_inference_port: port,
        grpc_management_port: port,
      },
      fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
    });
    const address = `127.0.0.1:${port}`;
    const [inference, management] = [inferenceClient(address), managementClient(address)];
    const health = createGrpcClient(address, HEALTH);
    try {
      await call(management, 'RegisterModel', { url: 'echo.mar', initial_workers: 1, synchronous: true });
      const asked = { model_name: 'echo', input: { data: Buffer.from('x') } };
      expect(await call(inference, 'Predictions', asked)).toEqual({ prediction: Buffer.from('x') });
      expect(await (await fetch(`${one}/predictions/echo`, { method: 'POST', body: 'y' })).text()).toBe('y');
      expect((await send(`${one}/models`)).text).toContain('echo');
      expect((await send(`${one}/metrics`)).text).toContain('# HELP');
      expect(await call(health, 'Check')).toEqual({ status: 'SERVING' });
    } finally {
      for (const client of [inference, management, health]) client.close();
      await daemon.close();
    }
  });

  it('has gRPC alone, where both of its ports are the same', async () => {
    const port = await freePort();
    const daemon = await startDaemon({ config: { grpc_inference_port: port, grpc_management_port: port } });
    const [inference, management] = [inferenceClient(`127.0.0.1:${port}`), managementClient(`127.0.0.1:${port}`)];
    try {
      expect(await call(inference, 'Ping')).toMatchObject({ health: expect.stringContaining('Healthy') as string });
      expect(await call(management, 'ListModels')).toMatchObject({ msg: expect.stringContaining('models') as string });
      const { hostname } = new URL(daemon.inference);
      const socket = connect({ host: hostname, port });
      socket.write(ASK);
      socket.resume();
      await once(socket, 'close');
    } finally {
      for (const client of [inference, management]) client.close();
      await daemon.close();
    }
  });
});

describe('an address of https with the port of gRPC', () => {
  it('agrees on what is spoken: HTTP/2 with clients of gRPC, HTTP/1.1 with all that can', async () => {
    const authority = await createAuthority();
    const [server, right] = [await authority.issue('server'), await authority.issue('right')];
    const port = await freePort();
    const daemon = await startDaemon({
      config: {
        inference_address: `https://127.0.0.1:${port}`,
        grpc_inference_port: port,
        private_key_file: server.key,
        certificate_file: server.cert,
        client_ca_file: authority.own.cert,
      },
    });
    const ca = readFileSync(authority.own.cert);
    const shown = [readFileSync(right.key), readFileSync(right.cert)] as const;
    const client = inferenceClient(daemon.grpcInference, credentials.createSsl(ca, ...shown));
    const stranger = inferenceClient(daemon.grpcInference, credentials.createSsl(ca));
    try {
      expect(daemon.output()).toContain(`"grpc_inference":"grpcs://127.0.0.1:${port}"`);
      await call(client, 'Ping');
      await expect(call(stranger, 'Ping', {}, { timeoutMs: 20_000 })).rejects.toMatchObject({
        code: status.UNAVAILABLE,
      });
      const own = ['--cacert', authority.own.cert, '--key', right.key, '--cert', right.cert];
      const shownVersion = ['-sS', '-o', '/dev/null', '-w', '%{http_code} %{http_version}'];
      const curl = promisify(execFile)('curl', [...shownVersion, '--http2', ...own, `${daemon.inference}/live`]);
      expect((await curl).stdout).toBe('200 1.1');
    } finally {
      for (const each of [client, stranger]) each.close();
      await daemon.close();
      await authority.close();
    }
  });
});
