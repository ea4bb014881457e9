/** @marserve/client over TLS, to a real daemon, over REST and gRPC. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureServer as createSecureHttp2Server, createServer as createHttp2Server } from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { promisify } from 'node:util';
import { createV2Client, type ClientOptions, type TlsOptions } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority, type Pair } from '../../packages/server/src/test-support/certificates.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { ROOT } from '../helpers/pages.ts';

let authority: Authority;
let stranger: Authority;
let own: Pair;
let client: Pair;
let daemon: Daemon;

beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority('ca'), createAuthority('stranger')]);
  own = await authority.issue('server');
  client = await authority.issue('client');
  daemon = await startDaemon({
    config: {
      inference_address: 'https://127.0.0.1:0',
      enable_grpc_ssl: true,
      private_key_file: own.key,
      certificate_file: own.cert,
      client_ca_file: authority.own.cert,
    },
  });
});
afterAll(() => Promise.all([daemon?.close(), authority?.close(), stranger?.close()]));

const read = (file: string) => readFileSync(file, 'utf8');
const mine = (): TlsOptions => ({ ca: read(authority.own.cert), key: read(client.key), cert: read(client.cert) });

describe.each([
  ['REST', (options: ClientOptions) => createV2Client(daemon.inference, options)],
  ['gRPC', (options: ClientOptions) => createV2GrpcClient(daemon.grpcInference, options)],
])('over %s', (_, open) => {
  const isLive = async (tls: TlsOptions) => {
    const opened = open({ tls, retries: 0, timeoutMs: 60_000 });
    try {
      return await opened.isLive();
    } finally {
      await opened.close();
    }
  };

  it('trusts the authority that it is given, and shows its own certificate', async () => {
    expect(await isLive(mine())).toBe(true);
  });

  it.each([
    ['another authority', () => ({ ...mine(), ca: read(stranger.own.cert) })],
    ['another name', () => ({ ...mine(), serverName: 'elsewhere.example' })],
    ['no certificate of its own', () => ({ ca: read(authority.own.cert) })],
  ])('does not connect with %s', async (_, tls) => {
    await expect(isLive(tls())).rejects.toMatchObject({
      kind: 'connection',
      host: expect.stringContaining('https://'),
    });
  });
});

describe('what is no such server', () => {
  const isLive = async (client: { isLive(): Promise<boolean>; close(): Promise<void> }) => {
    try {
      return await client.isLive();
    } finally {
      await client.close();
    }
  };

  it.each([
    [
      'REST',
      (): Server => createServer(),
      (pair: SecureContextOptions): Server => createSecureServer(pair),
      createV2Client,
    ],
    [
      'gRPC',
      (): Server => createHttp2Server(),
      (pair: SecureContextOptions): Server => createSecureHttp2Server(pair),
      createV2GrpcClient,
    ],
  ] as const)(
    'is not connected to over %s: one without TLS, and one whose certificate has expired',
    async (...given) => {
      const [, createPlain, createSecure, open] = given;
      const expired = await authority.issue('expired', { isExpired: true });
      const secure = createSecure({ key: readFileSync(expired.key), cert: readFileSync(expired.cert) });
      for (const [server, reason] of [
        [createPlain(), /./],
        [secure, /expired/],
      ] as const) {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
        await expect(isLive(open(host, { tls: mine(), retries: 0 }))).rejects.toMatchObject({
          kind: 'connection',
          host: `https://${host}`,
          message: expect.stringMatching(reason),
        });
        server.close();
      }
    },
  );

  it.each([
    ['REST', () => createV2Client(daemon.inference.replace('https:', 'http:'), { retries: 0 })],
    ['gRPC', () => createV2GrpcClient(daemon.grpcInference, { retries: 0 })],
  ])('is not connected to over %s: one of TLS, without', async (_, open) => {
    await expect(isLive(open())).rejects.toMatchObject({
      kind: 'connection',
      host: expect.stringContaining('http://'),
    });
  });
});

describe('the authorities of the environment', () => {
  /** What another process, which has the variable, gets. */
  async function ask(env: Readonly<Record<string, string>>): Promise<string> {
    const program = `
      import { readFileSync } from 'node:fs';
      import { createV2Client } from '@marserve/client';
      const tls = { key: readFileSync(${JSON.stringify(client.key)}, 'utf8'), cert: readFileSync(${JSON.stringify(client.cert)}, 'utf8') };
      const client = createV2Client(${JSON.stringify(daemon.inference)}, { tls, retries: 0 });
      console.log(await client.isLive().catch((error) => error.message));
    `;
    const variables = { ...process.env, SSL_CERT_FILE: '', REQUESTS_CA_BUNDLE: '', ...env };
    const args = ['--input-type=module', '--eval', program];
    return (await promisify(execFile)(process.execPath, args, { cwd: `${ROOT}test`, env: variables })).stdout.trim();
  }

  it.each(['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE'])('are those of %s', async (name) => {
    expect(await ask({ [name]: authority.own.cert })).toBe('true');
    expect(await ask({ [name]: stranger.own.cert })).toContain('self-signed');
    expect(await ask({ [name]: '/no/such/file' })).toMatch(
      new RegExp(`${name} names /no/such/file, which cannot be read`),
    );
  });

  it('are those of Node without any', async () => {
    expect(await ask({})).toContain('self-signed');
  });
});
