import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { PROCESS_ID } from '../fixtures/handlers.ts';
import { identityModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp } from '../helpers/gate.ts';
import { post, put, send, sendJson } from '../helpers/http.ts';

const NO_NUMBER = 'The header x-request-timeout-ms must be a number of milliseconds from 1 on, got "soon".';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { job_queue_size: 1000 },
    fill: async (store) => {
      await addArchive(store, { name: 'identity', model: identityModel({ shape: ['batch', 'width'] }) });
      await addArchive(store, { name: 'gate', source: GATE });
      await addArchive(store, { name: 'process-id', source: PROCESS_ID, config: 'maxRequestsPerWorker: 20\n' });
      await addArchive(store, {
        name: 'elastic',
        source: GATE,
        config: 'minWorkers: 1\nmaxWorkers: 2\nscaleUpWait: 50\nscaleDownIdle: 1\n',
      });
    },
  });
});

afterAll(() => daemon.close());

const url = (model: string) => `${daemon.inference}/predictions/${model}`;
const register = (name: string, query = 'initial_workers=1') =>
  post(`${daemon.management}/models?url=${name}.mar&${query}`);
const text = (model: string, body: string, headers: Record<string, string> = {}) =>
  send(url(model), { method: 'POST', body, headers: { 'content-type': 'text/plain', ...headers } });

async function workerPids(model: string): Promise<number[]> {
  const answer = await send(`${daemon.management}/models/${model}`);
  return answer.json<{ workers: { pid: number; status: string }[] }[]>()[0]?.workers.map(({ pid }) => pid) ?? [];
}

/** Runs `task` for 0 … count-1, so many at a time. */
async function each(count: number, atATime: number, task: (index: number) => Promise<void>): Promise<void> {
  const indices = Array(count).keys();
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      for (const index of indices) await task(index);
    }),
  );
}

describe('requests of many shapes and sizes at once', () => {
  it('each get their own answer', async () => {
    await register('identity', 'initial_workers=2&batch_size=16');
    const wrong: unknown[] = [];
    await each(4000, 48, async (index) => {
      const width = 1 + ((index * 7) % 23) ** 2;
      const rows = [Array.from({ length: width }, (_, column) => index + column)];
      const answer = await sendJson(url('identity'), rows);
      if (answer.text !== JSON.stringify(rows)) wrong.push({ index, status: answer.status, text: answer.text });
    });
    expect(wrong).toEqual([]);
  });
});

describe('x-marserve-timing', () => {
  it('says where the time of a request went', async () => {
    const answer = await sendJson(url('identity'), [[1]], { 'x-marserve-timing': '1' });
    const header = answer.headers.get('server-timing') ?? '';
    const names = header.split(', ').map((metric) => /^(\w+);dur=\d+\.\d{3}$/.exec(metric)?.[1]);
    expect(names).toEqual(['queue', 'decode', 'handler', 'preprocess', 'inference', 'postprocess', 'encode']);
    expect((await sendJson(url('identity'), [[1]])).headers.has('server-timing')).toBe(false);
  });

  it('is counted for all requests in any case', async () => {
    const { text: page } = await send(`${daemon.metrics}/metrics`);
    const count = (stage: string) =>
      Number(
        new RegExp(`^marserve_stage_time_seconds_count\\{.*"identity".*stage="${stage}"\\} (\\d+)$`, 'm').exec(
          page,
        )?.[1],
      );
    expect(count('inference')).toBeGreaterThanOrEqual(4000);
    expect(count('decode')).toBe(count('encode'));
  });
});

describe('x-request-timeout-ms', () => {
  it('ends a request with 504 while the worker goes on, and a waiting one before it reaches a worker', async () => {
    await register('gate');
    const { answer, letGo } = await holdUp(daemon, 'gate');
    let isOver = false;
    const running = answer.finally(() => (isOver = true));
    const answers = await Promise.all(
      ['100', '200'].map((limit) => text('gate', 'later', { 'x-request-timeout-ms': limit })),
    );
    expect(isOver).toBe(false);
    expect(answers.map(({ status }) => status)).toEqual([504, 504]);
    expect(answers[0]?.json()).toEqual({
      code: 504,
      type: 'RequestTimeoutException',
      message: 'There was no answer within 100 ms (the limit of the request).',
    });
    await letGo();
    expect((await running).status).toBe(200);
    const { text: page } = await send(`${daemon.metrics}/metrics`);
    expect(page).toMatch(/^marserve_requests_expired_total\{model_name="gate",model_version="1.0"\} 2$/m);
  });

  it('must be a number of milliseconds', async () => {
    const answer = await text('gate', '0', { 'x-request-timeout-ms': 'soon' });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ message: NO_NUMBER });
  });

  it.each([
    ['v1/models/gate:predict', { instances: ['later'] }],
    ['v2/models/gate/infer', { inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], data: ['later'] }] }],
  ])('holds at /%s', async (path, body) => {
    await register('gate');
    const { letGo } = await holdUp(daemon, 'gate');
    const ask = (limit: string) => sendJson(`${daemon.inference}/${path}`, body, { 'x-request-timeout-ms': limit });
    const over = await ask('100');
    expect([over.status, over.json()]).toEqual([
      504,
      { error: 'There was no answer within 100 ms (the limit of the request).' },
    ]);
    const wrong = await ask('soon');
    expect([wrong.status, wrong.json()]).toEqual([400, { error: NO_NUMBER }]);
    await letGo();
  });
});

describe('a model with a least and a greatest number of workers', () => {
  it('gets a second one while requests wait, and loses it when it is not needed', async () => {
    await register('elastic', '');
    expect(await workerPids('elastic')).toHaveLength(1);
    const [gate, ran] = [path.join(daemon.root, 'gate'), path.join(daemon.root, 'ran')];
    const answers = Array.from({ length: 6 }, () => text('elastic', `wait ${gate} ${ran}`));
    // Each worker has one of them, and keeps it.
    await expect.poll(async () => (await readFile(ran, 'utf8').catch(() => '')).split('\n').length - 1).toBe(2);
    expect(await workerPids('elastic')).toHaveLength(2);
    await writeFile(gate, '');
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    await daemon.line('autoscaled');
    await expect.poll(async () => (await workerPids('elastic')).length).toBe(1);
    const { text: page } = await send(`${daemon.metrics}/metrics`);
    expect(page).toMatch(/^marserve_autoscale_moves_total\{model_name="elastic",.*direction="up"\} 1$/m);
    expect(page).toMatch(/^marserve_autoscale_moves_total\{model_name="elastic",.*direction="down"\} 1$/m);
  });

  it('starts its first one for the first request when the least number is 0', async () => {
    await put(`${daemon.management}/models/elastic?min_worker=0&max_worker=1&synchronous=true`);
    await expect.poll(async () => (await workerPids('elastic')).length).toBe(0);
    expect((await text('elastic', '0')).status).toBe(200);
  });
});

describe('a model whose workers serve only so many requests', () => {
  it('replaces them without a request lost', async () => {
    await register('process-id');
    const pids = new Set<string>();
    const failed: string[] = [];
    const client = async () => {
      while (pids.size < 3 && failed.length === 0) {
        const answer = await text('process-id', '');
        if (answer.status === 200) pids.add(answer.text);
        else failed.push(answer.text);
      }
    };
    await Promise.all([client(), client(), client(), client()]);
    expect(failed).toEqual([]);
    await daemon.line('worker is being replaced by a fresh one');
    await expect.poll(async () => (await workerPids('process-id')).length).toBe(1);
  });
});
