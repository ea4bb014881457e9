/** What somebody deletes from the folder that archives are unpacked into: a second server, or who tidies up temporary folders. */
import { spawnSync } from 'node:child_process';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, send } from '../helpers/http.ts';
import { isMetWithin } from '../helpers/within.ts';
import { workersOf } from '../helpers/workers.ts';

const GENEROUS_MS = 60_000;
const NAMESPACE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'];
const [command = '', ...args] = NAMESPACE;
const hasNamespaces = spawnSync(command, [...args, 'true']).status === 0;

const ask = (daemon: Daemon, model: string) =>
  send(`${daemon.inference}/predictions/${model}`, {
    method: 'POST',
    body: 'hello',
    headers: { 'content-type': 'text/plain' },
  });

const scale = (daemon: Daemon, model: string, workers: number) =>
  send(`${daemon.management}/models/${model}?min_worker=${workers}&max_worker=${workers}&synchronous=true`, {
    method: 'PUT',
  });

/** Ends the only worker, and waits for another. */
async function replaceWorker(daemon: Daemon, model: string): Promise<void> {
  const [before] = await workersOf(daemon, model);
  if (before?.pid !== undefined) process.kill(before.pid, 'SIGKILL');
  const isBack = await isMetWithin(GENEROUS_MS, async () => {
    const [now] = await workersOf(daemon, model);
    return now?.status === 'READY' && now.pid !== before?.pid;
  });
  expect(isBack, daemon.output().slice(-3000)).toBe(true);
}

async function modelsFolder({ workDir }: Daemon): Promise<string> {
  const [own = ''] = await readdir(workDir);
  return path.join(workDir, own, 'models');
}

describe('files that are deleted while a server runs', () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startDaemon({
      fill: async (store) => {
        for (const name of ['echo', 'changed', 'gone']) {
          await addArchive(store, { name, source: ECHO, files: { 'labels.txt': 'cat' } });
        }
        await addArchive(store, { name: 'folder', source: ECHO, options: { archiveFormat: 'no-archive' } });
      },
    });
    await registerModels(daemon, ['echo', 'changed', 'gone']);
    expect((await post(`${daemon.management}/models?url=folder&initial_workers=1`)).status).toBe(200);
  });

  afterAll(() => daemon.close());

  const WAYS: Record<string, (daemon: Daemon) => Promise<unknown>> = {
    everything: async ({ workDir }) => rm(workDir, { recursive: true }),
    'the folder of the server': async (each) => rm(path.dirname(await modelsFolder(each)), { recursive: true }),
    'all models': async (each) => rm(await modelsFolder(each), { recursive: true }),
    'the links to packages': async (each) =>
      rm(path.join(await modelsFolder(each), 'node_modules'), { recursive: true }),
    'one file of each model': async (each) => {
      const folder = await modelsFolder(each);
      for (const model of await readdir(folder))
        await rm(path.join(folder, model, 'MAR-INF'), { recursive: true, force: true });
    },
  };

  it.each(Object.keys(WAYS))('are unpacked again for the next worker: %s', async (way) => {
    await WAYS[way]?.(daemon);
    for (const model of ['echo', 'folder']) {
      await replaceWorker(daemon, model);
      expect((await ask(daemon, model)).text).toBe('hello');
    }
    expect((await scale(daemon, 'echo', 2)).status).toBe(200);
    expect((await scale(daemon, 'echo', 1)).status).toBe(200);
  });

  it.each([
    [
      'another',
      'changed',
      (file: string) =>
        addArchive(path.dirname(file), { name: 'changed', source: `${ECHO}// other`, files: { 'labels.txt': 'dog' } }),
      /is not the archive that was registered/,
    ],
    ['gone', 'gone', (file: string) => rm(file), /There is no archive at .*gone\.mar/],
    ['damaged', 'changed', (file: string) => writeFile(file, 'nothing'), /is not an archive/],
  ])('are not taken from an archive that is %s; the error names the folder', async (_, model, change, reason) => {
    await change(path.join(daemon.store, `${model}.mar`));
    const folder = await modelsFolder(daemon);
    await rm(folder, { recursive: true });
    const answer = await scale(daemon, model, 2);
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ message: expect.stringContaining(`the folder ${folder}/`) as string });
    expect(answer.json()).toMatchObject({ message: expect.stringMatching(reason) as string });
    await replaceWorker(daemon, 'echo');
    expect((await ask(daemon, 'echo')).text).toBe('hello');
  });
});

describe.skipIf(!hasNamespaces)('two servers that share a temporary folder, each in a container', () => {
  it('leave each other alone, and tidy up after one that was killed', async () => {
    const fill = (store: string) => addArchive(store, { name: 'echo', source: ECHO });
    const first = await startDaemon({ fill, prefix: NAMESPACE });
    // The shared folder is that of the first; each has the id 1 or so in its own namespace.
    const { workDir } = first;
    const second = await startDaemon({ fill, prefix: NAMESPACE, config: { work_dir: workDir } });
    try {
      await registerModels(first, ['echo']);
      await registerModels(second, ['echo']);
      expect(await readdir(workDir)).toHaveLength(2);
      const outside = await startDaemon({ config: { work_dir: workDir } });
      expect(await readdir(workDir)).toHaveLength(3);
      expect((await ask(first, 'echo')).text).toBe('hello');
      expect((await scale(first, 'echo', 2)).status).toBe(200);
      expect(first.output()).not.toContain('files of the model are gone');
      await outside.close();
      await second.end('SIGKILL');
      const isTidy = await isMetWithin(GENEROUS_MS, async () => {
        const next = await startDaemon({ config: { work_dir: workDir } });
        await next.close();
        return (await readdir(workDir)).length === 1;
      });
      expect(isTidy).toBe(true);
    } finally {
      // What runs them takes no other signal; the kernel ends them with it.
      for (const each of [second, first]) await each.end('SIGKILL').then(() => each.close());
    }
  });
});
