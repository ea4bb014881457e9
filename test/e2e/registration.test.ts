import { access, readdir, readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, remove, send, sendJson } from '../helpers/http.ts';
import { isMetWithin } from '../helpers/within.ts';

let daemon: Daemon;
let models: string;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { allowed_urls: 'http://127.0.0.1:[0-9]+/allowed/.*' },
    fill: async (store) => {
      for (const version of ['1.0', '2.0', '3.0']) {
        await addArchive(store, { name: `m${version}`, version, source: ECHO });
      }
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, {
        name: 'tuned',
        source: ECHO,
        config: 'minWorkers: 1\nmaxWorkers: 2\nbatchSize: 4\nresponseTimeout: 7\n',
      });
      await addArchive(store, { name: 'folder', source: ECHO, options: { archiveFormat: 'no-archive' } });
      await addArchive(store, { name: 'tarball', source: ECHO, options: { archiveFormat: 'tgz' } });
      await addArchive(store, {
        name: 'broken',
        source: `export default class Broken { initialize() { throw new Error('no such file: labels.json'); } handle(d) { return d; } }`,
      });
    },
  });
  models = `${daemon.management}/models`;
});

afterAll(() => daemon.close());

const predict = (name: string, body: string) =>
  send(`${daemon.inference}/predictions/${name}`, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });

describe('register', () => {
  it('answers with no worker unless it is asked for some', async () => {
    const answer = await post(`${models}?url=echo.mar`);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(
      '{\n  "status": "Model \\"echo\\" Version: 1.0 registered with 0 initial workers. Use scale workers API to add workers for the model."\n}\n',
    );
  });

  it('refuses what is registered already', async () => {
    const answer = await post(`${models}?url=echo.mar`);
    expect(answer.status).toBe(409);
    expect(answer.json()).toEqual({
      code: 409,
      type: 'ConflictStatusException',
      message: 'Model version 1.0 is already registered for model echo',
    });
  });

  it('waits for the workers, or does not', async () => {
    const waited = await post(`${models}?url=m1.0.mar&model_name=m&initial_workers=1`);
    expect(waited.json()).toEqual({ status: 'Model "m" Version: 1.0 registered with 1 initial workers' });
    const later = await post(`${models}?url=m2.0.mar&model_name=m&initial_workers=1&synchronous=false`);
    expect(later.status).toBe(202);
    expect(later.json()).toEqual({ status: 'Processing worker updates...' });
    expect((await predict('m/2.0', 'hello')).text).toBe('hello');
  });

  it('takes its parameters from a JSON body too', async () => {
    const answer = await sendJson(models, {
      url: 'm3.0.mar',
      model_name: 'm',
      initial_workers: 2,
      batch_size: 3,
      max_batch_delay: 5,
    });
    expect(answer.json()).toEqual({ status: 'Model "m" Version: 3.0 registered with 2 initial workers' });
    const [description] = (await send(`${models}/m/3.0`)).json<Record<string, unknown>[]>();
    expect(description).toMatchObject({ batchSize: 3, maxBatchDelay: 5, minWorkers: 2 });
  });

  it('takes what the model’s own config says, unless the request says otherwise', async () => {
    await post(`${models}?url=tuned.mar&batch_size=9`);
    const [description] = (await send(`${models}/tuned`)).json<Record<string, unknown>[]>();
    expect(description).toMatchObject({ minWorkers: 1, maxWorkers: 2, batchSize: 9, responseTimeout: 7 });
  });

  it('takes folders and tarballs', async () => {
    expect((await post(`${models}?url=folder&initial_workers=1`)).status).toBe(200);
    expect((await predict('folder', 'hello')).text).toBe('hello');
    expect((await post(`${models}?url=tarball.tar.gz&initial_workers=1`)).status).toBe(200);
    expect((await predict('tarball', 'hello')).text).toBe('hello');
  });

  it('leaves a folder as it is, whatever its handler writes beside its files', async () => {
    const source = `import { appendFileSync, writeFileSync } from 'node:fs';
      import path from 'node:path';
      export default class Writer {
        initialize({ modelDir }) {
          appendFileSync(path.join(modelDir, 'labels.txt'), ' and more');
          writeFileSync(path.join(modelDir, 'MAR-INF/MANIFEST.json'), '{}');
        }
        handle(data) { return data; }
      }`;
    const options = { archiveFormat: 'no-archive' as const };
    await addArchive(daemon.store, { name: 'writer', source, files: { 'labels.txt': 'cat' }, options });
    expect((await post(`${models}?url=writer&initial_workers=1`)).status).toBe(200);
    expect(await readFile(path.join(daemon.store, 'writer/labels.txt'), 'utf8')).toBe('cat');
    expect((await remove(`${models}/writer`)).status).toBe(200);
    expect((await post(`${models}?url=writer&initial_workers=1`)).status).toBe(200);
  });

  it('says why a worker could not be started, and undoes the registration', async () => {
    const answer = await post(`${models}?url=broken.mar&initial_workers=1`);
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual({
      code: 500,
      type: 'InternalServerException',
      message: 'Failed to start workers for model broken version: 1.0: no such file: labels.json',
    });
    expect((await send(`${models}/broken`)).status).toBe(404);
  });

  it.each([
    ['no url', '', 400, 'BadRequestException', 'Parameter url is required.'],
    ['an empty url', 'url=', 404, 'ModelNotFoundException', 'empty url'],
    [
      'a way out of the store',
      'url=../../etc/passwd',
      404,
      'ModelNotFoundException',
      'Relative path is not allowed in url: ../../etc/passwd',
    ],
    [
      'an archive that is not there',
      'url=nowhere.mar',
      404,
      'ModelNotFoundException',
      'Model not found at: nowhere.mar',
    ],
    ['a path outside the store', 'url=/etc', 404, 'ModelNotFoundException', 'Model not found at: /etc'],
    ['an unknown runtime', 'url=echo.mar&runtime=ruby', 400, 'BadRequestException', 'Invalid RuntimeType value: ruby'],
    [
      'a batch size of nothing',
      'url=echo.mar&batch_size=0',
      400,
      'BadRequestException',
      'Parameter batch_size must be at least 1, got 0.',
    ],
  ])('refuses %s', async (_, query, status, type, message) => {
    const answer = await post(`${models}?${query}`);
    expect(answer.json()).toEqual({ code: status, type, message });
    expect(answer.status).toBe(status);
  });

  it('refuses a body that is not JSON', async () => {
    const answer = await sendJson(models, '{url');
    expect(answer.json()).toMatchObject({ code: 400, message: expect.stringContaining('not valid JSON') as string });
  });
});

describe('register from an address', () => {
  it('refuses one that is not allowed, and says how to allow it', async () => {
    for (const url of ['http://127.0.0.1:1/other/a.mar', 'file:///etc/passwd']) {
      const answer = await post(`${models}?url=${encodeURIComponent(url)}`);
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({
        message: expect.stringMatching(/does not match any allowed URL.*allowed_urls/) as string,
      });
    }
  });

  it('gives up a download that trickles when its client goes away, or its time is over', async () => {
    const trickling = new Set<ServerResponse>();
    const web = createServer((_, response) => {
      response.writeHead(200).write('PK');
      const drip = setInterval(() => response.write('.'), 50);
      trickling.add(response);
      response.once('close', () => {
        clearInterval(drip);
        trickling.delete(response);
      });
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(web.address() as AddressInfo).port}/allowed`;
    const isMet = (condition: () => Promise<boolean>) => isMetWithin(30_000, condition);
    const hasNoPart = async ({ store }: Daemon) => (await readdir(store)).every((name) => !name.endsWith('.part'));
    const hasty = await startDaemon({
      config: { allowed_urls: 'http://127.0.0.1:[0-9]+/allowed/.*', download_timeout: 1 },
    });
    try {
      for (const query of ['', '&synchronous=false&initial_workers=1']) {
        const leaving = new AbortController();
        const asked = fetch(`${models}?url=${base}/slow.mar${query}`, { method: 'POST', signal: leaving.signal });
        expect(await isMet(async () => trickling.size === 1)).toBe(true);
        leaving.abort();
        await expect(asked).rejects.toThrow('aborted');
        expect(await isMet(async () => trickling.size === 0 && (await hasNoPart(daemon)))).toBe(true);
      }
      const late = await post(`${hasty.management}/models?url=${base}/slow.mar`);
      expect(late.json()).toMatchObject({
        code: 400,
        message: expect.stringContaining('it took longer than 1 s (download_timeout)') as string,
      });
      expect(await hasNoPart(hasty)).toBe(true);
    } finally {
      await hasty.close();
      web.closeAllConnections();
      web.close();
    }
  });

  it('fetches it into the store, and deletes it when it is unregistered', async () => {
    const content = await readFile(path.join(daemon.store, 'echo.mar'));
    const web = createServer((request, response) => {
      if (request.url === '/allowed/away.mar')
        response.writeHead(302, { location: 'http://127.0.0.1:1/other.mar' }).end();
      else if (request.url === '/allowed/fetched.mar') response.end(content);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(web.address() as AddressInfo).port}/allowed`;
    try {
      const url = `${models}?model_name=fetched&url=${base}`;
      expect((await post(`${url}/fetched.mar&initial_workers=1`)).status).toBe(200);
      expect((await predict('fetched', 'hi')).text).toBe('hi');
      await access(path.join(daemon.store, 'fetched.mar'));
      const again = await post(`${url}/fetched.mar`);
      expect(again.json()).toMatchObject({ code: 500, message: 'Model file already exists fetched.mar' });
      expect((await remove(`${models}/fetched`)).status).toBe(200);
      await expect(access(path.join(daemon.store, 'fetched.mar'))).rejects.toThrow('ENOENT');

      const missing = await post(`${url}/missing.mar`);
      expect(missing.json()).toMatchObject({
        code: 400,
        type: 'DownloadArchiveException',
        message: expect.stringContaining('404') as string,
      });
      const redirected = await post(`${url}/away.mar`);
      expect(redirected.json()).toMatchObject({
        code: 404,
        message: expect.stringContaining('does not match any allowed URL') as string,
      });
      expect((await readdir(daemon.store)).filter((name) => name.includes('part'))).toEqual([]);
    } finally {
      web.close();
    }
  });
});
