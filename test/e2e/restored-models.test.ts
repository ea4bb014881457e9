import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { post, remove } from '../helpers/http.ts';
import { described, fillStore, models, named, NEVER, predict, register, restart, start } from '../helpers/restart.ts';

describe('what was restored', () => {
  it('is served as the configuration and the archive say now, where no request said otherwise', async () => {
    const first = await start({ fill: fillStore, config: { batch_size: 2 } });
    await register(first, 'url=m.mar&max_batch_delay=9');
    await register(first, 'url=other.mar');
    await first.end();
    await addArchive(first.store, { name: 'other', source: ECHO, config: 'minWorkers: 2\nbatchSize: 5\n' });
    const second = await start({ root: first.root, config: { batch_size: 8, max_batch_delay: 1 } });
    expect(await described(second, 'm')).toMatchObject([{ batchSize: 8, maxBatchDelay: 9 }]);
    expect(await described(second, 'other')).toMatchObject([{ batchSize: 5, workers: 2 }]);
  });

  it('lacks what has no archive any more, until it has one or is unregistered', async () => {
    const first = await start({ fill: fillStore });
    for (const name of ['m', 'other', 'third']) await register(first, `url=${name}.mar`);
    await first.end();
    const [lost, gone] = [path.join(first.store, 'm.mar'), path.join(first.store, 'third.mar')];
    const content = await readFile(lost);
    await rm(lost);
    await rm(gone);
    const second = await start({ root: first.root });
    expect(await models(second)).toEqual(['other']);
    expect(await second.line('a model could not be restored')).toMatch(/"model":"m",.*Model not found at: m.mar/);
    expect((await remove(`${second.management}/models/third/1.0`)).status).toBe(200);
    await second.end('SIGKILL');
    await writeFile(lost, content);
    const third = await start({ root: first.root });
    expect(await models(third)).toEqual(['m', 'other']);
    expect(third.output()).not.toContain('a model could not be restored');
  });
});

describe('load_models', () => {
  const load = (loadModels: string) => ({ config: { load_models: loadModels, default_workers_per_model: 1 } });

  it('does not bring back what was unregistered, and adds what it did not name before', async () => {
    const first = await start({ fill: fillStore, ...load('m.mar,third.mar') });
    await remove(`${first.management}/models/m`);
    await remove(`${first.management}/models/third`);
    const second = await restart(first, 'SIGTERM', load('m.mar,third.mar'));
    expect(await models(second)).toEqual([]);
    const third = await restart(second, 'SIGTERM', load('m.mar,other.mar'));
    expect(await models(third)).toEqual(['other']);
    const fourth = await restart(third, 'SIGTERM', load('all'));
    expect(await models(fourth)).toEqual(['m2', 'other', 'third']);
    await remove(`${fourth.management}/models/m2`);
    await addArchive(fourth.store, { name: 'new', source: ECHO });
    expect(await models(await restart(fourth, 'SIGKILL', load('all')))).toEqual(['new', 'other', 'third']);
  });

  it('is content with what was restored under the name that it gives', async () => {
    const first = await start({ fill: fillStore });
    await register(first, 'url=m.mar&initial_workers=2');
    await register(first, 'url=other.mar&model_name=renamed');
    const second = await restart(first, 'SIGTERM', load('m.mar,other.mar'));
    expect(await models(second)).toEqual(['m', 'other', 'renamed']);
    expect(await described(second, 'm')).toMatchObject([{ workers: 2, loadedAtStartup: false }]);
    expect(second.output()).not.toContain('could not be loaded');
  });

  it('loads an archive anew that holds another version now', async () => {
    const first = await start({ fill: fillStore, ...load('all') });
    expect(await described(first, 'm')).toMatchObject([{ modelVersion: '1.0' }]);
    await first.end();
    await addArchive(first.store, { name: 'm', version: '1.1', source: named('better') });
    const second = await start({ root: first.root, ...load('all') });
    expect(await second.line('a model could not be restored')).toContain(
      'expected version 1.0 of model m, came version 1.1',
    );
    expect(await described(second, 'm')).toMatchObject([{ modelVersion: '1.1' }]);
    expect(await predict(second, 'm')).toBe('better');
    const third = await restart(second, 'SIGTERM', load('all'));
    expect(third.output()).not.toContain('a model could not be restored');
    expect(await described(third, 'm')).toMatchObject([{ modelVersion: '1.1' }]);
  });
});

describe('an archive that was downloaded', () => {
  /** A web server with one archive, that counts how often it is fetched. */
  async function serveArchive(content: Uint8Array) {
    const counts = { fetched: 0 };
    const web = createServer((_, response) => {
      counts.fetched += 1;
      response.end(content);
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/fetched.mar`;
    return { url, counts, close: () => web.close() };
  }

  const config = { allowed_urls: 'http://127.0.0.1:.*' };

  it('stays for the next start, and goes when it is unregistered', async () => {
    const first = await start({ fill: fillStore, config });
    const web = await serveArchive(await readFile(path.join(first.store, 'm.mar')));
    try {
      await register(first, `url=${web.url}&model_name=f&initial_workers=1`);
      const second = await restart(first, 'SIGTERM', { config });
      expect(await predict(second, 'f')).toBe('one');
      const third = await restart(second, 'SIGKILL', { config });
      expect(await described(third, 'f')).toMatchObject([{ modelUrl: web.url }]);
      expect(await readdir(third.store)).toEqual(['fetched.mar', 'm.mar', 'm2.mar', 'other.mar', 'third.mar']);
      expect((await remove(`${third.management}/models/f`)).status).toBe(200);
      expect(await readdir(third.store)).not.toContain('fetched.mar');
      expect(web.counts.fetched).toBe(1);
      await register(third, `url=${web.url}&model_name=f`);
    } finally {
      web.close();
    }
  });

  it('goes with the daemon when there are no snapshots', async () => {
    const daemon = await start({ fill: fillStore, config, args: ['--ncs'] });
    const web = await serveArchive(await readFile(path.join(daemon.store, 'm.mar')));
    await register(daemon, `url=${web.url}&model_name=f`);
    web.close();
    await daemon.end();
    expect(await readdir(daemon.store)).toEqual(['m.mar', 'm2.mar', 'other.mar', 'third.mar']);
  });

  it('does not outlive a registration that a kill has cut short', async () => {
    const folder = await start();
    await mkdir(path.join(folder.root, 'elsewhere'));
    await addArchive(path.join(folder.root, 'elsewhere'), { name: 'never', source: NEVER });
    const web = await serveArchive(await readFile(path.join(folder.root, 'elsewhere/never.mar')));
    try {
      const first = await start({ config });
      const registration = post(`${first.management}/models?url=${web.url}&initial_workers=1`).catch(() => 'killed');
      await first.line('"model":"never"');
      expect(await readdir(first.store)).toHaveLength(2);
      const second = await restart(first, 'SIGKILL', { config });
      expect(await registration).toBe('killed');
      expect(await readdir(second.store)).toEqual([]);
    } finally {
      web.close();
    }
  });
});
