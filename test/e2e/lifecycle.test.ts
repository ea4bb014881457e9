import { readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { identityModel } from '../fixtures/onnx-models.ts';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, put, remove, send, sendJson } from '../helpers/http.ts';
import { isAlive } from '../helpers/processes.ts';

/** `npm run test:long`, which CI runs as well; the everyday form fits a minute on a busy machine. */
const ROUNDS =
  process.env.MARSERVE_TESTS === 'long' ? { first: 25, early: 75, late: 100 } : { first: 10, early: 15, late: 15 };

let daemon: Daemon | undefined;

afterEach(async () => {
  await daemon?.close();
  daemon = undefined;
});

/** Children of a process, by their ids. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim() === '' ? [] : text.trim().split(' ').map(Number);
}

async function openFiles(pid: number): Promise<string[]> {
  const names = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => 'closed')));
  return targets.filter((target) => target !== 'closed');
}

/** Of the JavaScript heap, in use. */
async function heapBytes(metrics: string): Promise<number> {
  const { text } = await send(`${metrics}/metrics?name[]=nodejs_heap_size_used_bytes`);
  return Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1]);
}

async function residentBytes(pid: number): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8');
  return Number(statm.split(' ')[1]) * 4096;
}

async function unpacked(workDir: string): Promise<string[]> {
  const [root = ''] = await readdir(workDir);
  return readdir(path.join(workDir, root, 'models')).then((names) => names.filter((name) => name !== 'node_modules'));
}

describe.skipIf(process.platform !== 'linux')('many rounds of a life (reads /proc: Linux only)', () => {
  it(
    `${ROUNDS.first + ROUNDS.early + ROUNDS.late} × register, scale, predict, unregister leave no process, file, listener or growth behind`,
    { timeout: 600_000 },
    async () => {
      const { pid, management, inference, metrics, workDir } = (daemon = await startDaemon({
        // A small heap is collected often: what grows in it is kept by somebody, not waiting to be collected.
        env: { NODE_OPTIONS: '--max-semi-space-size=1 --max-old-space-size=48' },
        fill: (store) => addArchive(store, { name: 'm', model: identityModel() }),
      }));
      const round = async (number: number) => {
        expect((await post(`${management}/models?url=m.mar`)).status).toBe(200);
        expect((await put(`${management}/models/m?min_worker=1&synchronous=true`)).status).toBe(200);
        expect((await sendJson(`${inference}/predictions/m`, [number, 2])).json()).toEqual([number, 2]);
        expect((await remove(`${management}/models/m`)).status).toBe(200);
      };
      /** Runs rounds and resolves with the least that the heap held between them, and what the process holds after them. */
      const measure = async (rounds: number) => {
        const heap: number[] = [];
        for (let number = 0; number < rounds; number += 1) {
          await round(number);
          if (number % 5 === 0) heap.push(await heapBytes(metrics));
        }
        const files = (await openFiles(pid)).length;
        return { heap: Math.min(...heap), resident: await residentBytes(pid), files };
      };
      await measure(ROUNDS.first);
      const early = await measure(ROUNDS.early);
      const late = await measure(ROUNDS.late);

      expect(await childrenOf(pid)).toEqual([]);
      expect(await unpacked(workDir)).toEqual([]);
      expect(await seriesOf(metrics, 'm')).toEqual([]);
      expect(late.files).toBeLessThanOrEqual(early.files + 2);
      expect(late.heap - early.heap).toBeLessThan(2_000_000);
      expect(late.resident - early.resident).toBeLessThan(15_000_000);
    },
  );
});

/** Lines of the metrics that name a model. */
async function seriesOf(metrics: string, name: string): Promise<string[]> {
  const { text } = await send(`${metrics}/metrics`);
  return text.split('\n').filter((line) => line.includes(`="${name}"`) || line.includes(`-${name}_`));
}

describe('the end of a daemon', () => {
  it('by SIGTERM finishes what is running, ends every worker and deletes what it unpacked', async () => {
    daemon = await startDaemon({ fill: (store) => addArchive(store, { name: 'slow', source: GATE }) });
    const gate = path.join(daemon.root, 'gate');
    await post(`${daemon.management}/models?url=slow.mar&initial_workers=2`);
    const pids = await workerPids(daemon);
    expect(pids).toHaveLength(2);
    const request = { method: 'POST', body: `wait ${gate}`, headers: { 'content-type': 'text/plain' } };
    const running = [1, 2, 3].map(() => send(`${daemon?.inference}/predictions/slow`, request));
    await expect
      .poll(async () => (await send(`${daemon?.management}/models/slow`)).text)
      .toContain('"pendingRequests": 1');
    const ended = daemon.end('SIGTERM');
    await daemon.line('"msg":"stopping"');
    await writeFile(gate, '');
    for (const answer of await Promise.all(running)) expect(answer.text).toBe(request.body);
    expect(await ended).toBe(0);
    for (const pid of pids) expect(await isAlive(pid)).toBe(false);
    expect(await readdir(daemon.workDir)).toEqual([]);
  });

  it('by SIGKILL leaves no orphan, and the next start deletes what it had unpacked', async () => {
    daemon = await startDaemon({ fill: (store) => addArchive(store, { name: 'echo', source: ECHO }) });
    await post(`${daemon.management}/models?url=echo.mar&initial_workers=2`);
    const pids = await workerPids(daemon);
    const { workDir } = daemon;
    await daemon.end('SIGKILL');
    for (const pid of pids) await expect.poll(() => isAlive(pid)).toBe(false);
    expect(await readdir(workDir)).toHaveLength(1);
    const next = await startDaemon({ config: { work_dir: workDir } });
    expect(await readdir(workDir)).toEqual([expect.stringContaining(`marserve-${next.pid}-`)]);
    await next.close();
  });
});

async function workerPids({ management }: Daemon): Promise<number[]> {
  const { models } = (await send(`${management}/models`)).json<{ models: { modelName: string }[] }>();
  const pids: number[] = [];
  for (const { modelName } of models) {
    const [description] = (await send(`${management}/models/${modelName}`)).json<{ workers: { pid: number }[] }[]>();
    pids.push(...(description?.workers ?? []).map(({ pid }) => pid));
  }
  return pids;
}

describe('models that are loaded at the start', () => {
  it('are all of the store, served as the configuration says; a bad one does not stop the others', async () => {
    daemon = await startDaemon({
      config: {
        load_models: 'all',
        default_workers_per_model: 1,
        models: '{"b":{"2.0":{"minWorkers":2,"maxWorkers":2,"batchSize":7}}}',
      },
      fill: async (store) => {
        await addArchive(store, { name: 'a', source: ECHO });
        await addArchive(store, { name: 'b', version: '2.0', source: ECHO });
        await writeFile(path.join(store, 'bad.mar'), 'no archive');
      },
    });
    expect((await sendJson(`${daemon.inference}/predictions/a`, 1)).text).toBe('1');
    const describe = async (name: string) => (await send(`${daemon?.management}/models/${name}`)).json<unknown[]>()[0];
    expect(await describe('a')).toMatchObject({ loadedAtStartup: true, minWorkers: 1, batchSize: 1 });
    expect(await describe('b')).toMatchObject({ minWorkers: 2, batchSize: 7 });
    await daemon.line('bad.mar');
  });

  it('are those that are named, under the names that they are given', async () => {
    daemon = await startDaemon({
      config: { load_models: 'first=a.mar,b.mar' },
      args: ['--default-workers-per-model', '1'],
      fill: async (store) => {
        await addArchive(store, { name: 'a', source: ECHO });
        await addArchive(store, { name: 'b', source: ECHO });
      },
    });
    expect((await sendJson(`${daemon.inference}/predictions/first`, 1)).text).toBe('1');
    expect((await sendJson(`${daemon.inference}/predictions/b`, 2)).text).toBe('2');
  });
});
