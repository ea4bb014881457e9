/** gRPC under TLS, as grpc-js, curl and openssl meet it. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect as connectPlain } from 'node:net';
import path from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { promisify } from 'node:util';
import { credentials, status, type ChannelCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority, type Pair } from '../../packages/server/src/test-support/certificates.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { call, inferenceClient, managementClient } from '../helpers/grpc-client.ts';
import { readUntil } from '../helpers/raw-connection.ts';

const run = promisify(execFile);
let authority: Authority;
let stranger: Authority;
let server: Pair;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority('ca'), createAuthority('stranger')]);
  server = await authority.issue('server');
});
afterAll(() => Promise.all([authority.close(), stranger.close()]));

const pem = ({ key, cert }: Pair) => ({ private_key_file: key, certificate_file: cert });

/** Trusts the authority, and shows a certificate where there is one. */
function secure(own?: Pair, trusted: Authority = authority): ChannelCredentials {
  const ca = readFileSync(trusted.own.cert);
  return own === undefined
    ? credentials.createSsl(ca)
    : credentials.createSsl(ca, readFileSync(own.key), readFileSync(own.cert));
}

/** The status of a ping on a connection of its own. */
async function pinged(address: string, channel: ChannelCredentials): Promise<number> {
  const client = inferenceClient(address, channel);
  try {
    await call(client, 'Ping', {}, { timeoutMs: 20_000 });
    return status.OK;
  } catch (error) {
    return (error as { code: number }).code;
  } finally {
    client.close();
  }
}

/** Whom the certificate names that a new connection gets, and what was agreed on; or why there was none. */
async function shake(address: string, options: ConnectionOptions = {}) {
  const [host = '', port = ''] = address.split(':');
  const ca = readFileSync(authority.own.cert);
  const socket = connect({
    host,
    port: Number(port),
    ca,
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
    ...options,
  });
  try {
    await once(socket, 'secureConnect');
    return {
      name: socket.getPeerCertificate().subject.CN,
      version: socket.getProtocol(),
      protocol: socket.alpnProtocol,
    };
  } finally {
    socket.destroy();
  }
}

/** Whether the other end of a connection answers. */
function isAlive(session: ClientHttp2Session): Promise<boolean> {
  return new Promise((resolve) => {
    if (!session.ping((error) => resolve(error === null))) resolve(false);
  });
}

describe('gRPC with enable_grpc_ssl', () => {
  let daemon: Daemon;
  const install = (pair: Pair) => {
    copyFileSync(pair.key, path.join(daemon.root, 'key.pem'));
    copyFileSync(pair.cert, path.join(daemon.root, 'certificate.pem'));
  };

  beforeAll(async () => {
    daemon = await startDaemon({
      config: { enable_grpc_ssl: true, ...pem({ key: 'key.pem', cert: 'certificate.pem' }) },
      fill: async (store) => {
        copyFileSync(server.key, path.join(store, '../key.pem'));
        copyFileSync(server.cert, path.join(store, '../certificate.pem'));
        await addArchive(store, { name: 'echo', source: ECHO });
      },
    });
    await registerModels(daemon, ['echo']);
  });
  afterAll(() => daemon.close());

  it('is said to be encrypted, and answers who trusts its certificate', async () => {
    expect(daemon.output()).toMatch(/"grpc_inference":"grpcs:\/\/127\.0\.0\.1:\d+"/);
    expect(daemon.inference).toMatch(/^http:/);
    const client = inferenceClient(daemon.grpcInference, secure());
    const data = Buffer.alloc(2_000_000, 'Grüße ');
    const { prediction } = await call<{ prediction: Buffer }>(client, 'Predictions', {
      model_name: 'echo',
      input: { data },
    });
    expect(prediction.equals(data)).toBe(true);
    client.close();
    const management = managementClient(daemon.grpcManagement, secure());
    expect(await call(management, 'ListModels')).toMatchObject({ msg: expect.stringContaining('"echo"') as string });
    management.close();
  });

  it('is no answer to who trusts others, or speaks no TLS', async () => {
    expect(await pinged(daemon.grpcInference, secure(undefined, stranger))).toBe(status.UNAVAILABLE);
    expect(await pinged(daemon.grpcInference, credentials.createInsecure())).toBe(status.UNAVAILABLE);
    const [host = '', port = ''] = daemon.grpcInference.split(':');
    for (const bytes of [
      'GET /ping HTTP/1.1\r\nHost: a\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\u0016\u0003\u0001no',
    ]) {
      const socket = connectPlain({ host, port: Number(port) });
      await once(socket, 'connect');
      socket.write(bytes);
      socket.end();
      expect(await readUntil(socket)).not.toContain('HTTP');
      socket.destroy();
    }
    expect(await pinged(daemon.grpcInference, secure())).toBe(status.OK);
  });

  it('speaks TLS 1.2 and 1.3 alone, and HTTP/2 alone in it', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const shaken = await shake(daemon.grpcInference, { minVersion: version, maxVersion: version });
      expect(shaken).toEqual({ name: 'server', version, protocol: 'h2' });
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(shake(daemon.grpcInference, old)).rejects.toThrow(/protocol version|ECONNRESET/);
    await expect(shake(daemon.grpcInference, { ALPNProtocols: ['http/1.1'] })).rejects.toThrow(/ALPN|protocol/i);
    const url = `https://${daemon.grpcInference}/org.pytorch.serve.grpc.inference.InferenceAPIsService/Ping`;
    const grpc = ['--http2', '-H', 'content-type: application/grpc', '-H', 'te: trailers', '--data-binary', '@-'];
    const curled = run('curl', ['-sS', '-i', '--cacert', authority.own.cert, ...grpc, url]);
    // An empty message.
    curled.child.stdin?.end(Buffer.alloc(5));
    expect((await curled).stdout).toMatch(/^HTTP\/2 200[^]*"?Healthy/);
    const shown = run('openssl', [
      's_client',
      '-connect',
      daemon.grpcInference,
      '-alpn',
      'h2',
      '-CAfile',
      authority.own.cert,
    ]);
    shown.child.stdin?.end();
    expect((await shown).stdout).toMatch(/ALPN protocol: h2[^]*Verify return code: 0/);
  });

  it('has a new certificate without dropping a connection, by itself and on SIGHUP', async () => {
    const before = connectHttp2(`https://${daemon.grpcInference}`, { ca: readFileSync(authority.own.cert) });
    await once(before, 'connect');
    const client = inferenceClient(daemon.grpcInference, secure());
    await call(client, 'Ping');
    install(await authority.issue('next'));
    await expect.poll(async () => (await shake(daemon.grpcInference)).name).toBe('next');
    expect(await isAlive(before)).toBe(true);
    await call(client, 'Ping');
    install(await authority.issue('third'));
    process.kill(daemon.pid, 'SIGHUP');
    await expect.poll(async () => (await shake(daemon.grpcManagement)).name).toBe('third');
    writeFileSync(path.join(daemon.root, 'key.pem'), 'broken');
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.line('the new certificate cannot be used');
    expect((await shake(daemon.grpcInference)).name).toBe('third');
    expect(await isAlive(before)).toBe(true);
    before.destroy();
    await call(client, 'Ping');
    client.close();
  });

  it('stops, also with clients that have not agreed on keys', async () => {
    const [host = '', port = ''] = daemon.grpcInference.split(':');
    const silent = connectPlain({ host, port: Number(port) });
    await once(silent, 'connect');
    const closed = once(silent, 'close');
    silent.resume();
    const client = inferenceClient(daemon.grpcInference, secure());
    await call(client, 'Ping');
    expect(await daemon.end()).toBe(0);
    await closed;
    client.close();
  });
});

describe('gRPC that asks clients for certificates', () => {
  let clients: Readonly<Record<'right' | 'wrong' | 'expired', Pair>>;
  beforeAll(async () => {
    const [right, wrong, expired] = await Promise.all([
      authority.issue('right'),
      stranger.issue('wrong'),
      authority.issue('expired', { isExpired: true }),
    ]);
    clients = { right, wrong, expired };
  });

  it.each(['required', 'optional'] as const)('answers who has the right one (%s)', async (need) => {
    const asking = { client_ca_file: authority.own.cert, client_certificates: need };
    const daemon = await startDaemon({ config: { enable_grpc_ssl: true, ...pem(server), ...asking } });
    try {
      expect(await pinged(daemon.grpcInference, secure(clients.right))).toBe(status.OK);
      const without = await pinged(daemon.grpcInference, secure());
      expect(without).toBe(need === 'optional' ? status.OK : status.UNAVAILABLE);
      expect(await pinged(daemon.grpcInference, secure(clients.wrong))).toBe(status.UNAVAILABLE);
      expect(await pinged(daemon.grpcInference, secure(clients.expired))).toBe(status.UNAVAILABLE);
    } finally {
      await daemon.close();
    }
  });
});
