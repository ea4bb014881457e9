import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { post, put, remove } from '../helpers/http.ts';
import {
  described,
  fillStore,
  models,
  NEVER,
  predict,
  register,
  restart,
  snapshotFiles,
  start,
} from '../helpers/restart.ts';

describe('a server that was killed', () => {
  it('comes back with the models, versions, defaults, workers and settings that it had', async () => {
    const first = await start({ fill: fillStore });
    const tuning = 'batch_size=4&max_batch_delay=5&response_timeout=7&startup_timeout=50';
    await register(first, `url=m.mar&initial_workers=1&handler=second.js&${tuning}`);
    await register(first, 'url=m2.mar&model_name=m&initial_workers=1');
    await register(first, 'url=other.mar');
    await register(first, 'url=third.mar&initial_workers=1');
    await put(`${first.management}/models/m/1.0?min_worker=2&max_worker=3&synchronous=true`);
    await put(`${first.management}/models/m/2.0/set-default`);
    await remove(`${first.management}/models/third`);
    const before = { m: await described(first, 'm'), other: await described(first, 'other') };
    expect(before.m).toMatchObject([{ modelVersion: '2.0' }, { batchSize: 4, responseTimeout: 7, minWorkers: 2 }]);

    const second = await restart(first, 'SIGKILL');
    expect(await models(second)).toEqual(['m', 'other']);
    expect({ m: await described(second, 'm'), other: await described(second, 'other') }).toEqual(before);
    expect([await predict(second, 'm'), await predict(second, 'm/1.0')]).toEqual(['two', 'second']);
    expect(await second.line('models restored')).toMatch(/"restored":3,"failed":0,"file":"[^"]+-snapshot.cfg"/);

    const third = await restart(second, 'SIGTERM');
    expect({ m: await described(third, 'm'), other: await described(third, 'other') }).toEqual(before);
    expect(await third.line('models restored')).toMatch(/-shutdown.cfg"/);
  });

  it('comes back with every model that it had acknowledged, whenever it was killed', async () => {
    const names = Array.from({ length: 20 }, (_, number) => `m${String(number).padStart(2, '0')}`);
    let daemon = await start({ fill: (store) => addArchive(store, { name: 'm', source: ECHO }) });
    const acknowledged: string[] = [];
    const asked: string[] = [];
    while (acknowledged.length < names.length) {
      const goal = Math.min(names.length, acknowledged.length + Math.ceil(Math.random() * 6));
      const missing = names.filter((name) => !acknowledged.includes(name));
      const registrations = (async () => {
        for (const name of missing) {
          asked.push(name);
          const { status } = await post(`${daemon.management}/models?url=m.mar&model_name=${name}`);
          // The last round's was in time.
          if (status === 200 || status === 409) acknowledged.push(name);
        }
      })().catch(() => {});
      await expect.poll(() => acknowledged.length, { interval: 1 }).toBeGreaterThanOrEqual(goal);
      // The moment is up to chance.
      await delay(Math.random() * 20);
      daemon = await restart(daemon, 'SIGKILL');
      await registrations;
      const restored = await models(daemon);
      expect(restored).toEqual(expect.arrayContaining(acknowledged));
      expect(asked).toEqual(expect.arrayContaining(restored));
      for (const name of await snapshotFiles(daemon)) {
        expect(name).toMatch(/\.cfg$/);
        expect(await readFile(name, 'utf8')).toMatch(/"loadedArchives":\[\]\}\n$/);
      }
    }
  });

  it('has not acknowledged a version whose workers were still starting', async () => {
    const first = await start({
      fill: async (store) => {
        await fillStore(store);
        await addArchive(store, { name: 'never', source: NEVER });
      },
    });
    const registration = post(`${first.management}/models?url=never.mar&initial_workers=1`).catch(() => 'killed');
    await first.line('"model":"never"');
    await register(first, 'url=m.mar');
    const second = await restart(first, 'SIGKILL');
    expect(await registration).toBe('killed');
    expect(await models(second)).toEqual(['m']);

    const later = await post(`${second.management}/models?url=never.mar&initial_workers=1&synchronous=false`);
    expect(later.status).toBe(202);
    expect(await models(await restart(second, 'SIGKILL'))).toEqual(['m', 'never']);
  });
});

describe('snapshots', () => {
  it('are neither written nor read with --ncs', async () => {
    const first = await start({ fill: fillStore });
    await register(first, 'url=m.mar');
    const files = await snapshotFiles(first);
    const second = await restart(first, 'SIGKILL', { args: ['--ncs'] });
    expect(await models(second)).toEqual([]);
    await register(second, 'url=other.mar');
    await second.end();
    expect(await snapshotFiles(second)).toEqual(files);
  });

  it('that cannot be written are errors in the log, and the server goes on', async () => {
    const daemon = await start({ fill: fillStore, env: { LOG_LOCATION: '/dev/null' } });
    await register(daemon, 'url=m.mar&initial_workers=1');
    expect(await predict(daemon, 'm')).toBe('one');
    expect(await daemon.line('the snapshot could not be written')).toContain('/dev/null/config');
    expect(await daemon.end()).toBe(0);
  });

  it('that are damaged are passed over, with a warning', async () => {
    const first = await start({ fill: fillStore });
    await register(first, 'url=m.mar');
    await first.end('SIGKILL');
    const newest = (await snapshotFiles(first)).at(-1) ?? '';
    const whole = await readFile(newest, 'utf8');
    await writeFile(path.join(path.dirname(newest), '99990101000000000-snapshot.cfg'), whole.slice(0, -10));
    const second = await start({ root: first.root });
    expect(await models(second)).toEqual(['m']);
    expect(await second.line('a snapshot is not usable')).toContain('99990101000000000-snapshot.cfg');
  });

  it('are configuration files, too', async () => {
    const first = await start({ fill: fillStore });
    await register(first, 'url=m.mar&initial_workers=1');
    const newest = (await snapshotFiles(first)).at(-1) ?? '';
    await first.end();
    const second = await start({ env: { TS_CONFIG_FILE: newest } });
    expect(await predict(second, 'm')).toBe('one');
  });

  it('are those of one server: another one in the same folder starts without', async () => {
    const first = await start({ fill: fillStore });
    await register(first, 'url=m.mar');
    const second = await start({ env: { LOG_LOCATION: path.join(first.root, 'logs') } });
    expect(await models(second)).toEqual([]);
    expect(await second.line('another server has the folder of snapshots')).toContain(`"pid":${first.pid}`);
    await second.end();
    expect(await models(await restart(first, 'SIGTERM'))).toEqual(['m']);
  });
});
