/** TorchServe's workflows over its own API: registered with their models, asked, described, and gone again. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addWorkflow } from '../fixtures/workflow-archives.ts';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';

const TELL = `export const handle = (rows, context) => rows?.map((row) =>
  context.modelName + '(' + Object.entries(row).map(([name, value]) =>
    name + '=' + (value instanceof Uint8Array ? 'bytes ' + Buffer.from(value) : JSON.stringify(value))).join() + ')');`;
const FLAKY = `let calls = 0;
  export const handle = (rows) => rows?.map(() => {
    calls += 1;
    if (calls % 2 === 1) return Object.assign(new Error('not now'), { name: 'PredictionError', status: 503 });
    return { calls };
  });`;
const NEVER = `export const handle = (rows, context) => rows && new Promise((_, reject) =>
  context.getSignal().addEventListener('abort', () => reject(new Error('nobody waits'))));`;

const FUNCTIONS = `
  export function pre([{ body }], context) { return [JSON.stringify(body) + context.getRequestHeader(0, 'x-own')]; }
  export const post = async (rows) => rows.map((row) => ({ got: Object.keys(row).sort(), m1: row.m1.toString() }));
`;
const PARALLEL = `
models: { min-workers: 1, max-workers: 2, batch-size: 4, max-batch-delay: 20, retry-attempts: 2, timeout-ms: 5000,
  m1: { url: tell.mar, batch-size: 2 }, m2: { url: tell.mar } }
dag: { pre: [m1, m2], m1: [post], m2: [post] }
`;
const chain = (node: string, more = '') => `models: { ${node}: { url: ${node}.mar }${more} }\ndag: { ${node}: [] }\n`;

let daemon: Daemon;
let site: Server;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { allowed_urls: 'http://127.0.0.1:.*', disable_token_authorization: false },
    fill: async (store) => {
      await addArchive(store, { name: 'tell', source: TELL });
      await addArchive(store, { name: 'flaky', source: FLAKY });
      await addArchive(store, { name: 'never', source: NEVER });
      await addArchive(store, { name: 'double', model: matMulModel({ weights: [[2]] }) });
      await addArchive(store, { name: 'broken', source: 'throw new Error("it does not start");' });
      addWorkflow(store, { name: 'both', spec: PARALLEL, handler: FUNCTIONS });
      addWorkflow(store, {
        name: 'twice',
        spec: 'models: { a: { url: double.mar }, b: { url: double.mar } }\ndag: { a: [b] }',
      });
      addWorkflow(store, {
        name: 'leaves',
        spec: 'models: { a: { url: double.mar }, b: { url: tell.mar }, c: { url: double.mar } }\ndag: { a: [b, c] }',
      });
      addWorkflow(store, { name: 'again', spec: chain('flaky') });
      addWorkflow(store, { name: 'once', spec: chain('flaky', ', retry-attempts: 0') });
      addWorkflow(store, { name: 'late', spec: chain('never', ', timeout-ms: 50') });
      addWorkflow(store, {
        name: 'half',
        spec: 'models: { a: { url: double.mar }, b: { url: broken.mar } }\ndag: { a: [b] }',
      });
      addWorkflow(store, { name: 'circle', spec: 'models: { a: { url: double.mar } }\ndag: { a: [b], b: [a] }' });
      addWorkflow(store, { name: 'absent', spec: 'models: { a: { url: absent.mar } }\ndag: { a: [] }' });
    },
  });
  site = createServer((_, response) => response.end(readFileSync(path.join(daemon.store, 'twice.war'))));
  await once(site.listen(0, '127.0.0.1'), 'listening');
});

afterAll(async () => {
  site?.close();
  await daemon?.close();
});

type Key = 'inference' | 'management';
const bearer = (key: Key) => {
  const keys = JSON.parse(readFileSync(path.join(daemon.root, 'key_file.json'), 'utf8')) as Record<
    Key,
    { key: string }
  >;
  return { authorization: `Bearer ${keys[key].key}` };
};
const manage = async (method: string, target: string) => {
  const { status, text } = await send(`${daemon.management}${target}`, { method, headers: bearer('management') });
  return { status, body: JSON.parse(text) as Record<string, unknown> };
};
const register = (name: string, query = '') => manage('POST', `/workflows?url=${name}.war${query}`);
const ask = (workflow: string, body: unknown, headers = {}) =>
  sendJson(`${daemon.inference}/wfpredict/${workflow}`, body, { ...bearer('inference'), ...headers });
const modelNames = async () => {
  const { body } = await manage('GET', '/models');
  return (body.models as { modelName: string }[]).map(({ modelName }) => modelName);
};
const error = (code: number, type: string, message: string | RegExp) => ({
  status: code,
  body: { code, type, message: typeof message === 'string' ? message : (expect.stringMatching(message) as string) },
});

describe('a workflow', () => {
  it('is registered with its models, listed, described, and unregistered with them', async () => {
    expect(await register('both')).toEqual({
      status: 200,
      body: { status: 'Workflow both has been registered and scaled successfully.' },
    });
    await register('twice');
    expect(await modelNames()).toEqual(['both', 'both__m1', 'both__m2', 'twice', 'twice__a', 'twice__b']);
    const list = [
      { workflowName: 'both', workflowUrl: 'both.war' },
      { workflowName: 'twice', workflowUrl: 'twice.war' },
    ];
    expect((await manage('GET', '/workflows')).body).toEqual({ workflows: list });
    expect((await manage('GET', '/workflows?limit=1')).body).toEqual({
      nextPageToken: '1',
      workflows: list.slice(0, 1),
    });
    expect((await manage('GET', '/workflows?limit=1&next_page_token=1')).body).toEqual({ workflows: list.slice(1) });
    const workflowDag = '{pre=[m1, m2], m1=[post], m2=[post]}';
    expect(await manage('GET', '/workflows/both')).toEqual({
      status: 200,
      body: [{ ...list[0], minWorkers: 1, maxWorkers: 2, batchSize: 4, maxBatchDelay: 20, workflowDag }],
    });
    const { body } = await manage('GET', '/models/both__m1');
    expect(body).toMatchObject([
      { modelUrl: 'tell.mar', minWorkers: 1, maxWorkers: 2, batchSize: 2, maxBatchDelay: 20 },
    ]);
    expect(await manage('DELETE', '/workflows/twice')).toEqual({
      status: 200,
      body: { status: 'Workflow "twice" unregistered' },
    });
    expect(await modelNames()).toEqual(['both', 'both__m1', 'both__m2']);
  });

  it('runs its nodes side by side, and gives the one behind them what each gave by its name', async () => {
    const answer = await ask('both', { x: 1 }, { 'x-own': '!' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(answer.json()).toEqual({ got: ['m1', 'm2'], m1: 'both__m1(body=bytes {"x":1}!)' });
  });

  it('is needed with its models by others, and needs them', async () => {
    const needed = await manage('DELETE', '/models/both__m1');
    expect(needed).toEqual(
      error(409, 'ConflictStatusException', /Model "both__m1" Version "1.0" is needed by both\/1.0/),
    );
  });

  it('is asked in other protocols, and as a model', async () => {
    await register('twice');
    const v1 = await sendJson(
      `${daemon.inference}/v1/models/twice:predict`,
      { instances: [[1], [3]] },
      bearer('inference'),
    );
    expect(v1.json()).toEqual({ predictions: [[4], [12]] });
    const own = await sendJson(`${daemon.inference}/predictions/twice`, [5], bearer('inference'));
    expect(own.json()).toEqual([20]);
    expect((await ask('twice', [5])).text).toBe(own.text);
  });

  it('answers with all of its leaves, by their names', async () => {
    await register('leaves');
    expect((await ask('leaves', [1])).json()).toEqual({ b: 'leaves__b(body=bytes [2])', c: [4] });
  });

  it('may have another name, and comes from an allowed address', async () => {
    const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/far.war`;
    expect(await manage('POST', `/workflows?url=${url}&workflow_name=far&response_timeout=7`)).toMatchObject({
      status: 200,
    });
    expect((await ask('far', [1])).json()).toEqual([4]);
    expect((await manage('GET', '/models/far__a')).body).toMatchObject([{ responseTimeout: 7 }]);
    expect((await manage('GET', '/workflows/far')).body).toMatchObject([{ workflowUrl: url }]);
    expect((await manage('DELETE', '/workflows/far')).status).toBe(200);
    expect((await manage('POST', `/workflows?url=${url}`)).status).toBe(409);
  });
});

describe('a node that fails', () => {
  it('is asked again as often as the spec says', async () => {
    await register('again');
    expect((await ask('again', 1)).json()).toEqual({ calls: 2 });
  });

  it('fails the request with 500, whatever its own status is', async () => {
    await register('once');
    const answer = await ask('once', 1);
    expect({ status: answer.status, body: answer.json() }).toEqual(
      error(500, 'InternalServerException', 'Error executing flaky: not now'),
    );
    const own = await sendJson(`${daemon.inference}/predictions/once`, 1, bearer('inference'));
    expect(own.json()).toEqual({ calls: 2 });
  });

  it('has its time, for each attempt', async () => {
    await register('late');
    const answer = await ask('late', 1);
    expect({ status: answer.status, body: answer.json() }).toMatchObject(
      error(500, 'InternalServerException', /^Error executing never: /),
    );
  });
});

describe('what cannot be', () => {
  it.each([
    ['both', 409, 'ConflictStatusException', 'Workflow both is already registered.'],
    ['nowhere', 404, 'ModelNotFoundException', 'Model not found at: nowhere.war'],
    ['circle', 400, 'InvalidModelException', /spec\.yaml:2:\d+: dag.*circle/],
    [
      'half',
      500,
      'WorkflowException',
      /^Workflow half has failed to register\. Failures: \[Model "half__b" .*it does not start.*Taken back: "half__a"\]$/s,
    ],
    ['absent', 500, 'WorkflowException', /^Workflow absent has failed to register\. Failures: \[.*absent\.mar/],
  ])('is refused, and leaves nothing: %s', async (name, status, type, message) => {
    const before = await modelNames();
    expect(await register(name)).toEqual(error(status, type, message));
    expect(await modelNames()).toEqual(before);
  });

  it('is told: addresses that are not allowed, none, names that are not there', async () => {
    expect(await manage('POST', '/workflows?url=https://example.com/a.war')).toMatchObject({ status: 404 });
    expect(await manage('POST', '/workflows?url=http://127.0.0.1:1/a.war')).toEqual(
      error(400, 'DownloadArchiveException', /^Failed to download archive from/),
    );
    expect(await manage('POST', '/workflows')).toEqual(error(400, 'BadRequestException', 'Parameter url is required.'));
    const missing = error(404, 'WorkflowNotFoundException', 'Workflow not found: gone');
    expect(await manage('GET', '/workflows/gone')).toEqual(missing);
    expect(await manage('DELETE', '/workflows/gone')).toEqual(missing);
    const answer = await ask('gone', 1);
    expect({ status: answer.status, body: answer.json() }).toEqual(missing);
    expect(await manage('GET', '/workflows/both__m1')).toMatchObject({ status: 404 });
    expect(await manage('POST', '/models?url=both.war')).toEqual(
      error(400, 'InvalidModelException', /it is a workflow/),
    );
  });

  it('is for those alone who have a key', async () => {
    const codes = [
      await send(`${daemon.management}/workflows`),
      await send(`${daemon.management}/workflows?url=both.war`, { method: 'POST' }),
      await send(`${daemon.management}/workflows/both`, { method: 'DELETE', headers: bearer('inference') }),
      await sendJson(`${daemon.inference}/wfpredict/both`, 1),
    ];
    expect(codes.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  });
});

describe('a restart', () => {
  it('has the workflows again, with their models', async () => {
    const { root } = daemon;
    await daemon.end();
    daemon = await startDaemon({
      root,
      config: { allowed_urls: 'http://127.0.0.1:.*', disable_token_authorization: false },
    });
    await expect
      .poll(async () => (await ask('both', 1, { 'x-own': '' })).json(), { timeout: 30_000 })
      .toMatchObject({ got: ['m1', 'm2'] });
    const { body } = await manage('GET', '/workflows');
    expect((body.workflows as { workflowName: string }[]).map(({ workflowName }) => workflowName)).toContain('twice');
  });
});
