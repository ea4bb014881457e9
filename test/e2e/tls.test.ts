/** TLS as clients meet it: curl and Node's own, with certificates that openssl made. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import path from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { createAuthority, type Authority, type Pair } from '../../packages/server/src/test-support/certificates.ts';
import { SERVER_CLI, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

const run = promisify(execFile);
let authority: Authority;
let stranger: Authority;
let server: Pair;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([createAuthority('ca'), createAuthority('stranger')]);
  server = await authority.issue('server');
});
afterAll(() => Promise.all([authority.close(), stranger.close()]));

const HTTPS = { inference_address: 'https://127.0.0.1:0', management_address: 'https://127.0.0.1:0' };
const pem = ({ key, cert }: Pair) => ({ private_key_file: key, certificate_file: cert });

/** The status that curl is answered with, and its exit code. */
async function curl(...args: readonly string[]): Promise<{ status: string; code: number }> {
  const shown = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '--cacert', authority.own.cert];
  try {
    return { status: (await run('curl', [...shown, ...args])).stdout, code: 0 };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { status: stdout, code };
  }
}

/** A connection on which keys are agreed on. */
async function open(address: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port), ca: readFileSync(authority.own.cert), ...options });
  await once(socket, 'secureConnect');
  return socket;
}

/** What `/ping` is answered on a connection that stays. */
function ping(socket: TLSSocket): Promise<string> {
  socket.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return readUntil(socket, (text) => text.includes('\r\n\r\n'));
}

/** Whom the server's certificate names; ends the connection. */
function nameOn(socket: TLSSocket): string | string[] | undefined {
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

const status = ({ root }: Daemon) =>
  run(process.execPath, [SERVER_CLI, '--status', '--ts-config', path.join(root, 'config.properties')], { cwd: root });

describe('an address of https', () => {
  let daemon: Daemon;
  const current = () => ({ key: path.join(daemon.root, 'key.pem'), cert: path.join(daemon.root, 'certificate.pem') });
  const install = (pair: Pair) => {
    copyFileSync(pair.key, current().key);
    copyFileSync(pair.cert, current().cert);
  };

  beforeAll(async () => {
    daemon = await startDaemon({
      config: {
        ...HTTPS,
        ...pem({ key: 'key.pem', cert: 'certificate.pem' }),
        load_models: 'all',
        default_workers_per_model: 1,
      },
      fill: async (store) => {
        copyFileSync(server.key, path.join(store, '../key.pem'));
        copyFileSync(server.cert, path.join(store, '../certificate.pem'));
        await addArchive(store, { name: 'echo', source: ECHO });
      },
    });
  });
  afterAll(() => daemon.close());

  it('is said to be one, and answers who trusts its certificate', async () => {
    expect([daemon.inference, daemon.management]).toEqual([
      expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^https:/),
    ]);
    expect(daemon.metrics).toMatch(/^http:/);
    await expect.poll(() => curl(`${daemon.inference}/ping`)).toEqual({ status: '200', code: 0 });
    expect(await curl(`${daemon.management}/models`)).toEqual({ status: '200', code: 0 });
    const unknown = 60;
    expect((await curl('--cacert', stranger.own.cert, `${daemon.inference}/ping`)).code).toBe(unknown);
  });

  it('carries large bodies both ways', async () => {
    const sent = Buffer.alloc(4_000_000, 'Grüße ');
    const agent = new Agent({ ca: readFileSync(authority.own.cert), keepAlive: true });
    const asked = request(`${daemon.inference}/predictions/echo`, { method: 'POST', agent });
    asked.end(sent);
    const [response] = (await once(asked, 'response')) as [AsyncIterable<Buffer>];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    agent.destroy();
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
  });

  it('speaks TLS 1.2 and 1.3 alone', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await open(daemon.inference, { minVersion: version, maxVersion: version });
      expect(socket.getProtocol()).toBe(version);
      socket.destroy();
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(open(daemon.inference, old)).rejects.toThrow(/protocol version|ECONNRESET/);
  });

  it('closes connections of who speaks something else, and goes on', async () => {
    for (const bytes of [
      'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n',
      '\u0016\u0003\u0001garbage',
      '\0'.repeat(1000),
    ]) {
      const socket = await openConnection(daemon.inference);
      socket.write(bytes);
      socket.end();
      expect(await readUntil(socket)).not.toContain('200 OK');
      socket.destroy();
    }
    expect((await curl(`${daemon.inference}/live`)).status).toBe('200');
  });

  it('is asked by --status', async () => {
    expect((await status(daemon)).stdout).toMatch(/^model-server is running\.\n[^]*echo 1\.0 +ready/);
  });

  it('has a new certificate without dropping a connection', async () => {
    const before = await open(daemon.inference);
    expect(await ping(before)).toContain('200 OK');
    const next = await authority.issue('next');
    install(next);
    // The files are looked at by themselves.
    await expect
      .poll(async () => {
        const socket = await open(daemon.inference);
        return nameOn(socket);
      })
      .toBe('next');
    expect(await ping(before)).toContain('200 OK');
    expect(nameOn(before)).toBe('server');
  });

  it('keeps the former certificate while the new one cannot be used, and warns of one that expired', async () => {
    const expired = await authority.issue('old', { isExpired: true });
    writeFileSync(current().key, 'broken');
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.line('the new certificate cannot be used');
    const socket = await open(daemon.inference);
    expect(nameOn(socket)).toBe('next');
    install(expired);
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.line('The certificate of \\"CN=old\\" expired on');
    expect((await curl(`${daemon.inference}/live`)).code).toBe(60);
    expect((await curl('-k', `${daemon.inference}/live`)).status).toBe('200');
  });

  it('stops at once, also with clients that have not agreed on keys', async () => {
    const { hostname, port } = new URL(daemon.inference);
    const silent = connectPlain({ host: hostname, port: Number(port) });
    await once(silent, 'connect');
    const idle = await open(daemon.inference, { rejectUnauthorized: false });
    expect(await ping(idle)).toContain('200 OK');
    const closed = Promise.all([once(silent, 'close'), once(idle, 'close')]);
    silent.resume();
    idle.resume();
    const startedAt = performance.now();
    expect(await daemon.end()).toBe(0);
    await closed;
    // Less than the time that requests in flight have.
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});

describe('an address that asks clients for certificates', () => {
  let clients: Readonly<Record<'right' | 'wrong' | 'expired', Pair>>;
  const as = ({ key, cert }: Pair) => ['--key', key, '--cert', cert];
  const isRefused = async (...args: readonly string[]) => {
    const { status: answered, code } = await curl(...args);
    return answered === '000' && code !== 0;
  };

  beforeAll(async () => {
    const [right, wrong, expired] = await Promise.all([
      authority.issue('right'),
      stranger.issue('wrong'),
      authority.issue('expired', { isExpired: true }),
    ]);
    clients = { right, wrong, expired };
  });

  it('answers those alone that have one', async () => {
    const daemon = await startDaemon({ config: { ...HTTPS, ...pem(server), client_ca_file: authority.own.cert } });
    try {
      for (const version of [['--tls-max', '1.2'], ['--tlsv1.3']]) {
        const live = [...version, `${daemon.inference}/live`];
        expect(await curl(...as(clients.right), ...live)).toEqual({ status: '200', code: 0 });
        expect(await isRefused(...live)).toBe(true);
        expect(await isRefused(...as(clients.wrong), ...live)).toBe(true);
        expect(await isRefused(...as(clients.expired), ...live)).toBe(true);
      }
      expect(await isRefused('-X', 'POST', `${daemon.management}/models?url=x.mar`)).toBe(true);
      expect((await status(daemon)).stdout).toMatch(/^model-server is running\.\n/);
    } finally {
      await daemon.close();
    }
  });

  it('answers those without one, too, where it is optional', async () => {
    const daemon = await startDaemon({
      config: { ...HTTPS, ...pem(server), client_ca_file: authority.own.cert, client_certificates: 'optional' },
    });
    const live = `${daemon.inference}/live`;
    try {
      expect((await curl(live)).status).toBe('200');
      expect((await curl(...as(clients.right), live)).status).toBe('200');
      expect(await isRefused(...as(clients.wrong), live)).toBe(true);
      expect(await isRefused(...as(clients.expired), live)).toBe(true);
    } finally {
      await daemon.close();
    }
  });
});

describe('a certificate that cannot be used', () => {
  it('keeps the server from starting, in a sentence', async () => {
    const { key } = await authority.issue('another');
    const started = startDaemon({ config: { ...HTTPS, ...pem({ key, cert: server.cert }) } });
    await expect(started).rejects.toThrow(/ERROR - private_key_file: the key in \S+ does not fit the certificate in/);
  });
});

it('reads a keystore', async () => {
  const keystore = path.join(authority.folder, 'server.p12');
  await authority.openssl(
    'pkcs12',
    '-export',
    '-inkey',
    server.key,
    '-in',
    server.cert,
    '-passout',
    'pass:s',
    '-out',
    keystore,
  );
  const daemon = await startDaemon({
    config: { ...HTTPS, keystore, keystore_pass: 's', keystore_type: 'PKCS12', log_level: 'debug' },
  });
  expect(await curl(`${daemon.inference}/live`)).toEqual({ status: '200', code: 0 });
  await daemon.close();
});
