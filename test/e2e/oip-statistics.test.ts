/** Triton's statistics extension: what it counts is what happened. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { queueLength } from '../helpers/gate.ts';
import { send } from '../helpers/http.ts';

const HANDLER = `
  import { existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  export async function handle(rows) {
    if (!rows) return;
    const [verb, file] = String(rows[0].data ?? rows[0].body).split(' ');
    if (verb === 'wait') while (!existsSync(file)) await sleep(5);
    if (rows.some((row) => String(row.data ?? row.body) === 'parts')) return rows.map(() => parts());
    await sleep(20);
    return rows.map((row) => { if (String(row.data ?? row.body) === 'fail') throw new Error('asked to'); return 'ok'; });
  }
  async function* parts() { for (let part = 0; part < 3; part += 1) yield String(part); }
`;

interface Duration {
  readonly count: number;
  readonly ns: number;
}

interface Statistics {
  readonly name: string;
  readonly version: string;
  readonly last_inference: number;
  readonly inference_count: number;
  readonly execution_count: number;
  readonly inference_stats: Readonly<Record<string, Duration>>;
  readonly batch_stats: readonly { readonly batch_size: number; readonly compute_infer: Duration }[];
}

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      for (const name of ['counted', 'other']) await addArchive(store, { name, source: HANDLER });
    },
  });
  await registerModels(daemon, ['counted', 'other'], 'batch_size=8');
});

afterAll(() => daemon.close());

const statistics = async (path: string) =>
  (await send(`${daemon.inference}/v2/models${path}`)).json<{ model_stats: Statistics[] }>().model_stats;
const predict = (body: string) => send(`${daemon.inference}/predictions/counted`, { method: 'POST', body });

it('counts requests and batches, and sums up where their time went', async () => {
  const before = Date.now();
  const file = path.join(daemon.root, 'gate');
  const answers = Array.from({ length: 20 }, () => predict(`wait ${file}`));
  await expect.poll(() => queueLength(daemon, 'counted')).toBe(19);
  await writeFile(file, '');
  for (const { text } of await Promise.all(answers)) expect(text).toBe('ok');
  const [counted] = await statistics('/counted/stats');
  expect(counted).toMatchObject({ name: 'counted', version: '1.0', inference_count: 20 });
  const {
    inference_stats: sums,
    execution_count: executions = 0,
    batch_stats: batches = [],
    last_inference: last,
  } = counted ?? {};
  expect(last).toBeGreaterThanOrEqual(before);
  // One alone, and three full of those that came meanwhile, at eight each.
  expect(executions).toBe(4);
  expect(batches.reduce((sum, { compute_infer: { count } }) => sum + count, 0)).toBe(executions);
  expect(batches.reduce((sum, { batch_size: size, compute_infer: { count } }) => sum + size * count, 0)).toBe(20);
  for (const name of ['success', 'queue', 'compute_input', 'compute_infer', 'compute_output']) {
    expect([name, sums?.[name]?.count]).toEqual([name, 20]);
  }
  expect(sums?.fail).toEqual({ count: 0, ns: 0 });
  expect(sums?.cache_hit).toEqual({ count: 0, ns: 0 });
  expect(sums?.compute_infer?.ns).toBeGreaterThanOrEqual(20 * 15e6);
  const { success, queue, compute_infer: infer } = sums ?? {};
  expect(success?.ns).toBeGreaterThanOrEqual((queue?.ns ?? 0) + (infer?.ns ?? 0));
});

it('counts failures apart, and answers in parts as one', async () => {
  const [before] = await statistics('/counted/versions/1.0/stats');
  expect((await predict('fail')).text).toContain('asked to');
  expect((await predict('parts')).text).toBe('012');
  // The batch of an answer in parts is over a moment after its last part.
  await expect
    .poll(async () => (await statistics('/counted/versions/1.0/stats'))[0]?.execution_count)
    .toBe((before?.execution_count ?? 0) + 1);
  const [after] = await statistics('/counted/versions/1.0/stats');
  expect(after?.inference_stats.fail?.count).toBe(1);
  expect(after?.inference_count).toBe((before?.inference_count ?? 0) + 1);
});

it('has all models, all versions of one, and one of them', async () => {
  expect((await statistics('/stats')).map(({ name }) => name)).toEqual(['counted', 'other']);
  expect((await statistics('/other/stats')).map(({ version, inference_count: count }) => [version, count])).toEqual([
    ['1.0', 0],
  ]);
  for (const path of ['/nobody/stats', '/other/versions/9/stats']) {
    expect((await send(`${daemon.inference}/v2/models${path}`)).status).toBe(404);
  }
});
