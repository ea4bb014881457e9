import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, send, sendJson } from '../helpers/http.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({ fill: (store) => addArchive(store, { name: 'echo', source: ECHO }) });
  await registerModels(daemon, ['echo']);
});

afterAll(() => daemon.close());

async function connectTo(address: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes and resolves with the first ones of the answer. */
async function exchange(request: string): Promise<string> {
  const socket = await connectTo(daemon.inference);
  socket.write(request);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return chunk.toString();
}

const form = (body: string, type = 'multipart/form-data; boundary=B') =>
  `POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('a form that is broken', () => {
  it.each([
    ['breaks off in a file', form('--B\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nhel')],
    ['has a part without a name', form('--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n')],
    ['has a name without end', form(`${'n'.repeat(5000)}=1`, 'application/x-www-form-urlencoded')],
    ['has no boundary', form('x', 'multipart/form-data')],
  ])('%s', async (_, request) => {
    expect(await exchange(request)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await sendJson(`${daemon.inference}/predictions/echo`, 1)).text).toBe('1');
  });
});

describe('a target that is odd', () => {
  it.each([
    ['with slashes at its end', 'GET /ping// HTTP/1.1', '200'],
    ['with its host', 'GET http://somewhere/ping HTTP/1.1', '200'],
    ['with a host that is none', 'GET http://[::1/ping HTTP/1.1', '400'],
    ['that is no path', 'GET example.org:80 HTTP/1.1', '400'],
    ['that stands for the server', 'OPTIONS * HTTP/1.1', '200'],
    ['with a broken percent sign', 'GET /pi%zzng HTTP/1.1', '400'],
  ])('%s', async (_, line, status) => {
    const answer = await exchange(`${line}\r\nHost: localhost\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('application/json');
  });
});

describe('a body over the limit', () => {
  it('is not asked for when the client asks before it sends', async () => {
    const request =
      'POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n';
    expect(await exchange(request)).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a registration that is after something else', () => {
  let strict: Daemon;
  let web: Server;
  let base: string;
  const asked: string[] = [];

  beforeAll(async () => {
    web = createServer((request, response) => {
      asked.push(request.url ?? '');
      // The first bytes of an archive that never comes.
      response.write('PK');
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    strict = await startDaemon({
      config: { allowed_urls: `${base}/ok/.*,file:///.*/allowed/.*,http://[^/]+[.]good[.]com/.*`, shutdown_timeout: 2 },
      fill: async (store) => {
        await mkdir(path.join(store, '../allowed'));
        await mkdir(path.join(store, '../private/MAR-INF'), { recursive: true });
        await writeFile(path.join(store, '../private/MAR-INF/MANIFEST.json'), '{"model":{"modelName":"private"}}');
        await addArchive(store, { name: 'echo', source: ECHO });
      },
    });
  });

  afterAll(async () => {
    web.closeAllConnections();
    web.close();
    await strict.close();
  });

  const register = (url: string) => post(`${strict.management}/models?url=${encodeURIComponent(url)}`);

  it('does not get out of an allowed folder by encoded dots', async () => {
    const folder = pathToFileURL(path.join(strict.store, '../allowed')).href;
    expect((await register(`${folder}/%2e%2e/private`)).json()).toMatchObject({ code: 404 });
    expect((await register(`${base}/ok/%2e%2e/secret.mar`)).json()).toMatchObject({ code: 404 });
    expect((await register(`${base}\\.good.com/x.mar`)).json()).toMatchObject({ code: 404 });
    expect(asked).toEqual([]);
  });

  it.each([
    ['/ok/%zz.mar', 400],
    ['/ok/', 400],
  ])('needs a file name in %s', async (target, status) => {
    expect((await register(base + target)).status).toBe(status);
  });

  it.each(['..', 'a/b', 'x y', ''])('cannot call a model "%s"', async (name) => {
    const answer = await post(
      `${strict.management}/models?url=echo.mar&model_name=${encodeURIComponent(name)}&batch_size=1`,
    );
    expect(answer.status).toBe(400);
  });

  it('is given up when the server stops', async () => {
    const registered = register(`${base}/ok/stalled.mar`).catch(() => undefined);
    await expect.poll(() => asked).toContain('/ok/stalled.mar');
    expect(await strict.end('SIGTERM')).toBe(0);
    await registered;
    expect((await readdir(strict.store)).filter((name) => name.includes('stalled') || name.includes('part'))).toEqual(
      [],
    );
  });
});

describe('a connection on which nothing is asked', () => {
  it('does not hold up the end of the server', async () => {
    const patient = await startDaemon({ config: { shutdown_timeout: 600 } });
    const socket = await connectTo(patient.inference);
    socket.on('error', () => {});
    expect(await patient.end('SIGTERM')).toBe(0);
    await patient.close();
  });
});

describe('a request that cannot be finished before the server stops', () => {
  it('is answered', async () => {
    const source = `export default class X { handle() { return new Promise(() => {}); } }`;
    const hasty = await startDaemon({
      config: { shutdown_timeout: 1 },
      fill: (store) => addArchive(store, { name: 'hanging', source }),
    });
    await registerModels(hasty, ['hanging']);
    const hanging = send(`${hasty.inference}/predictions/hanging`, { method: 'POST', body: 'x' });
    const queued = send(`${hasty.inference}/predictions/hanging`, { method: 'POST', body: 'x' });
    await expect
      .poll(async () => (await send(`${hasty.management}/models/hanging`)).text)
      .toContain('"pendingRequests": 1');
    const ended = hasty.end('SIGTERM');
    expect((await hanging).status).toBe(503);
    expect((await queued).status).toBe(503);
    expect(await ended).toBe(0);
    await hasty.close();
  });
});
