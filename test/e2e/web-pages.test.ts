/** What a web page can make a browser send to a server on the same machine, and what it must not bring about. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freeAddresses } from '../helpers/free-addresses.ts';
import { post, send } from '../helpers/http.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

const run = promisify(execFile);
let daemon: Daemon;
beforeAll(async () => {
  daemon = await startDaemon({
    config: { management_allowed_hosts: 'serve.example.org, *.cluster.local' },
    fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
  });
  await registerModels(daemon, ['echo']);
});
afterAll(() => daemon.close());

/** Status line and body of what raw lines are answered. */
async function ask(address: string, lines: readonly string[]): Promise<string> {
  const socket = await openConnection(address);
  socket.write(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  const answer = await readUntil(socket);
  socket.destroy();
  return answer;
}

const get = (address: string, ...hosts: readonly string[]) =>
  ask(address, ['GET /models HTTP/1.1', ...hosts.map((host) => `Host: ${host}`)]);
const portOf = (address: string) => new URL(address).port;

describe('the management address', () => {
  it.each(['localhost', 'LOCALHOST.:1', '127.0.0.1', '[::1]:80', 'serve.example.org', 'a.b.cluster.local:8081'])(
    'answers to the host %s',
    async (host) => {
      expect(await get(daemon.management, host)).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    '10.0.0.1',
    '127.0.0.1.nip.io',
    'user@localhost',
    'cluster.local',
  ])('refuses the host %s, and says which key allows it', async (host) => {
    const answer = await get(daemon.management, host);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer).toContain('"ForbiddenException"');
    expect(answer).toContain('management_allowed_hosts');
  });

  it('refuses several hosts, whichever comes first', async () => {
    expect(await get(daemon.management, 'localhost', 'evil.example')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await get(daemon.management, 'evil.example', 'localhost')).toMatch(/^HTTP\/1\.1 40[03] /);
  });

  it('refuses an absolute target or a header that names another host', async () => {
    const absolute = (target: string, host: string) =>
      ask(daemon.management, [`GET http://${target}/models HTTP/1.1`, `Host: ${host}`]);
    expect(await absolute('localhost', 'localhost')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await absolute('LOCALHOST:8081', 'localhost:8081')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await absolute('evil.example', 'localhost')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await absolute('localhost', 'evil.example')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask(daemon.management, ['GET http://evil.example/models HTTP/1.0'])).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('answers HTTP/1.0 without a host, which no browser sends', async () => {
    expect(await ask(daemon.management, ['GET /models HTTP/1.0'])).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('refuses whatever else is asked there, be it unknown or open to all', async () => {
    for (const target of ['/nowhere', '/ready', '/api-description']) {
      const answer = await ask(daemon.management, [`GET ${target} HTTP/1.1`, 'Host: evil.example']);
      expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    }
  });

  it.each<Readonly<Record<string, string>>>([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' },
  ])('registers nothing for a page: %o', async (headers) => {
    const url = `${daemon.management}/models?url=echo.mar&model_name=owned`;
    const { status, text } = await send(url, { method: 'POST', headers: { 'content-type': 'text/plain', ...headers } });
    expect(status).toBe(403);
    expect(text).toContain('cors_allowed_origin');
    expect((await send(`${daemon.management}/models/owned`)).status).toBe(404);
  });

  it('does what curl, fetch and its own pages ask', async () => {
    const url = `${daemon.management}/models?url=echo.mar&model_name=mine`;
    const byCurl = await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST', url]);
    expect(byCurl.stdout).toBe('200');
    expect((await post(`${daemon.management}/models?url=echo.mar&model_name=fetched`)).status).toBe(200);
    const own = { origin: `http://localhost:${portOf(daemon.management)}` };
    const lines = ['GET /models HTTP/1.1', `Host: localhost:${portOf(daemon.management)}`, `Origin: ${own.origin}`];
    expect(await ask(daemon.management, lines)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('the other addresses', () => {
  it('answer to any host, and to pages', async () => {
    const headers = ['Host: evil.example', 'Origin: http://evil.example', 'Sec-Fetch-Site: cross-site'];
    const prediction = await ask(daemon.inference, ['GET /predictions/echo HTTP/1.1', ...headers]);
    expect(prediction).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask(daemon.metrics, ['GET /metrics HTTP/1.1', ...headers])).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('have the header Host once', async () => {
    const hosts = ['Host: a.example', 'Host: b.example'];
    expect(await ask(daemon.inference, ['GET /ping HTTP/1.1', ...hosts])).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('one address for predictions and models', () => {
  it('has the rules of each API', async () => {
    const { config } = await freeAddresses();
    const shared = /http:.*/.exec(config)?.[0] ?? '';
    const both = await startDaemon({
      config: { inference_address: shared, management_address: shared, inference_allowed_hosts: 'predict.example.org' },
    });
    const asked = async (path: string, host: string) =>
      (await ask(both.inference, [`GET ${path} HTTP/1.1`, `Host: ${host}`])).split('\r\n\r\n');
    try {
      expect((await asked('/ping', 'predict.example.org'))[0]).toMatch(/^HTTP\/1\.1 200 /);
      expect((await asked('/models', 'localhost'))[0]).toMatch(/^HTTP\/1\.1 200 /);
      expect((await asked('/ping', 'evil.example'))[1]).toContain('add it to inference_allowed_hosts');
      expect((await asked('/models', 'predict.example.org'))[1]).toContain('add it to management_allowed_hosts');
    } finally {
      await both.close();
    }
  });
});
