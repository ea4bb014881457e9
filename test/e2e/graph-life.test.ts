/** What a server does for its graphs: which models may come and go, over every way in; with two front ends. */
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { addOneModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import { call, managementClient, type GrpcClient } from '../helpers/grpc-client.ts';
import { post, put, remove, send, sendJson, type Answer } from '../helpers/http.ts';

const GREET = `export const handle = (rows) => rows && rows.map(({ body }) => ({ of: body }));`;

const FAILING = `
  import { PredictionError } from '@marserve/handlers';
  export const handle = (rows) => rows && rows.map(() => new PredictionError('no', 400));
`;
const ECHO_HEADERS = `
  export const handle = (rows, context) => {
    const names = ['x-request-id', 'traceparent', 'tracestate', 'b3', 'authorization'];
    return rows && rows.map((_, row) => Object.fromEntries(names.map((name) => [name, context.getRequestHeader(row, name)])));
  };
`;

/** Archive → version and graph. */
const GRAPHS: Readonly<Record<string, readonly [version: string, graph: unknown]>> = {
  needy: ['1.0', { sequence: ['node', { model: 'spare', dependency: 'soft' }] }],
  exact: ['1.0', 'node/1.0'],
  itself: ['1.0', { parallel: ['node', { model: 'itself', dependency: 'soft' }] }],
  one: ['1.0', 'two'],
  'two-1': ['1.0', { switch: [{ when: 'instances', step: 'one' }] }],
  'two-2': ['2.0', 'spare'],
  'two-3': ['3.0', { model: 'spare', fallback: 'one' }],
  beside: ['1.0', { parallel: { slow: { sequence: ['gate'] }, failing: 'failing' } }],
  brief: ['1.0', { sequence: [{ parallel: ['gate'] }], timeout_ms: 200 }],
  echoed: ['1.0', 'echo'],
  taking: ['1.0', 'takes'],
  patient: ['1.0', { sequence: ['late', { model: 'nobody', dependency: 'soft' }] }],
};

const CONFIG = { frontends: 2 };

let daemon: Daemon;
let grpc: GrpcClient;

const manage = (path: string) => `${daemon.management}${path}`;
/** Without workers: what a graph asks is known all the same. */
const register = (archive: string, query = '') => post(manage(`/models?url=${archive}.mar${query}`));
const isThere = async (name: string) => (await send(manage(`/models/${name}/all`))).status === 200;
const serve = async (archive: string, query = '') =>
  expect(told(await register(archive, `&initial_workers=1${query}`))).toMatch(/^200/);
const BUSY = { timeout: 60_000 };
const told = ({ status: code, text }: Answer) => `${code} ${text.replace(/\s+/g, ' ')}`;

beforeAll(async () => {
  daemon = await startDaemon({
    config: CONFIG,
    fill: async (store) => {
      for (const name of ['node', 'spare', 'late', 'plain']) await addArchive(store, { name, source: GREET });
      await addArchive(store, { name: 'node-2', version: '2.0', source: GREET });
      const prepared = { source: GREET, config: 'predictor_host: "local:spare"' };
      await addArchive(store, { name: 'prepared', ...prepared });
      await addArchive(store, { name: 'gate', source: GATE });
      await addArchive(store, { name: 'failing', source: FAILING });
      await addArchive(store, { name: 'echo', source: ECHO_HEADERS });
      await addArchive(store, { name: 'takes-1', model: addOneModel() });
      await addArchive(store, { name: 'takes-2', version: '2.0', model: sumAndDifferenceModel(['batch', 2]) });
      await addArchive(store, { name: 'bounded', handler: 'graph', config: 'graph: gate\nmaxInflight: 2' });
      const bytes = 'graph: plain\nmaxInflightBytes: 1000';
      await addArchive(store, { name: 'bounded-bytes', handler: 'graph', config: bytes });
      const golden = [{ name: 'greeting', request: { json: 'x' }, expect: { json: { of: 'x' } } }];
      await addArchive(store, { name: 'proven', handler: 'graph', config: 'graph: late', golden });
      for (const [name, [version, graph]] of Object.entries(GRAPHS)) {
        await addArchive(store, { name, version, handler: 'graph', config: JSON.stringify({ graph }) });
      }
    },
  });
  grpc = managementClient(daemon.grpcManagement);
  for (const name of ['node', 'spare', 'needy']) expect((await register(name)).status).toBe(200);
});

afterAll(async () => {
  grpc?.close();
  await daemon?.close();
});

describe('a circle of graphs', () => {
  it('is refused when it is closed, with its path', async () => {
    expect(told(await register('itself'))).toMatch(/^409 .*it would ask itself: itself\/1\.0 → itself\/1\.0/);
    expect((await register('one')).status).toBe(200);
    expect(told(await register('two-1', '&model_name=two'))).toMatch(/^409 .*: one\/1\.0 → two\/1\.0 → one\/1\.0/);
    expect([await isThere('itself'), await isThere('two')]).toEqual([false, false]);
  });

  it('is refused as well where another version becomes the default one', async () => {
    expect((await register('two-2', '&model_name=two')).status).toBe(200);
    expect((await register('two-3', '&model_name=two')).status).toBe(200);
    const path = /^409 .*: one\/1\.0 → two\/3\.0 → one\/1\.0/;
    expect(told(await put(manage('/models/two/3.0/set-default')))).toMatch(path);
    expect(told(await put(manage('/models/two/3.0/set-default?drain=true')))).toMatch(path);
    expect((await remove(manage('/models/two/3.0'))).status).toBe(200);
    expect(told(await register('two-3', '&model_name=two&replace=true'))).toMatch(path);
    expect((await send(manage('/models/two/all'))).json<{ modelVersion: string }[]>()).toMatchObject([
      { modelVersion: '2.0' },
    ]);
  });
});

describe('a model that a graph cannot do without', () => {
  const needed = /Model \\?"node\\?" .*is needed by needy\/1\.0\b.*force=true/;

  it('is not unregistered, over REST, gRPC, a repository and sessions', async () => {
    expect(told(await remove(manage('/models/node')))).toMatch(needed);
    expect((await remove(manage('/models/node'))).status).toBe(409);
    const overGrpc = call(grpc, 'UnregisterModel', { model_name: 'node' });
    await expect(overGrpc).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(needed),
    });
    expect(told(await sendJson(manage('/v2/repository/models/node/unload'), {}))).toMatch(/^409 .*needy\/1\.0/);
    expect(told(await remove(manage('/api/sessions/node/1.0')))).toMatch(/^409 .*needy\/1\.0/);
    expect(await isThere('node')).toBe(true);
  });

  it('is by force', async () => {
    const again = async () => expect((await register('node')).status).toBe(200);
    expect((await remove(manage('/models/node/1.0?force=true'))).status).toBe(200);
    await again();
    const metadata = { force: 'true' };
    await call(grpc, 'UnregisterModel', { model_name: 'node' }, { metadata });
    await again();
    const parameters = { force: true };
    expect((await sendJson(manage('/v2/repository/models/node/unload'), { parameters })).status).toBe(200);
    await again();
    expect((await remove(manage('/api/sessions/node/1.0?force=true'))).status).toBe(200);
    await again();
    expect(told(await remove(manage('/models/node?force=perhaps')))).toMatch(/^400 .*force must be true or false/);
  });

  it('may be replaced, unless that very version is asked', async () => {
    expect((await register('node-2', '&model_name=node&replace=true')).status).toBe(200);
    expect(told(await remove(manage('/models/node')))).toMatch(/Version \\"2\.0\\" is needed by needy\/1\.0/);
    expect((await register('node')).status).toBe(200);
    expect((await put(manage('/models/node/1.0/set-default?drain=true'))).status).toBe(200);
    expect((await register('exact')).status).toBe(200);
    expect(told(await register('node-2', '&model_name=node&replace=true'))).toMatch(/^409 .*needed by exact\/1\.0\./);
    expect((await register('node-2', '&model_name=node')).status).toBe(200);
    expect(told(await put(manage('/models/node/2.0/set-default?drain=true')))).toMatch(
      /^409 .*needed by exact\/1\.0\./,
    );
    expect((await put(manage('/models/node/2.0/set-default?drain=true&force=true'))).status).toBe(200);
    expect((await remove(manage('/models/exact'))).status).toBe(200);
  });

  it('is, where it is soft; and that of a transformer is not', async () => {
    expect((await register('prepared')).status).toBe(200);
    expect(told(await remove(manage('/models/spare')))).toMatch(/^409 .*is needed by two\/2\.0, prepared\/1\.0\./);
    for (const name of ['one', 'two', 'prepared', 'spare'])
      expect((await remove(manage(`/models/${name}`))).status).toBe(200);
  });
});

describe('the bounds of a graph', () => {
  const ask = (model: string, body: unknown) =>
    sendJson(`${daemon.inference}/v1/models/${model}:predict`, { instances: [body] });

  it('are its requests in flight', async () => {
    await serve('gate');
    await serve('bounded');
    const held = await holdUp(daemon, 'gate', 'wait');
    const waiting = Array.from({ length: 8 }, () => ask('bounded', 'x'));
    const refused = await Promise.race(waiting);
    expect(told(refused)).toMatch(/^503 .*bounded.* is busy: 1 requests are in flight already .*max_inflight, 2/);
    await held.letGo();
    const codes = (await Promise.all(waiting)).map((each) => each.status === 503 || told(each));
    expect(codes.filter((each) => each !== true)).toContain('200 {"predictions":["x"]}');
    await expect.poll(async () => (await ask('bounded', 'x')).status, BUSY).toBe(200);
  });

  it('are the bytes of its questions', async () => {
    await serve('plain');
    await serve('bounded-bytes');
    expect((await ask('bounded-bytes', 'x')).status).toBe(200);
    const large = 'x'.repeat(2000);
    expect(told(await ask('bounded-bytes', large))).toMatch(
      /^503 .*plain.* more than maxInflightBytes allows \(1000\)/,
    );
    for (const name of ['bounded-bytes', 'plain', 'bounded', 'gate'])
      await remove(manage(`/models/${name}?force=true`));
  });
});

describe('a graph that waits for its nodes', () => {
  it('says which are missing when the time is over, and is not registered then', async () => {
    const refused = told(await register('patient', '&initial_workers=1&wait_for_nodes=0'));
    expect(refused).toMatch(/^504 .*\\"patient\\".* needs \\"late\\" \(it is not registered\)\. .*not registered/);
    const overGrpc = { url: 'patient.mar', initial_workers: 1, synchronous: true };
    await expect(call(grpc, 'RegisterModel', overGrpc, { metadata: { wait_for_nodes: '0' } })).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    expect(await isThere('patient')).toBe(false);
    expect(told(await register('patient', '&wait_for_nodes=1&synchronous=false'))).toMatch(/^400 .*synchronous=false/);
  });

  it('is registered, and ready, when they are', async () => {
    const waiting = register('patient', '&initial_workers=1&wait_for_nodes=300');
    await expect.poll(() => isThere('patient'), BUSY).toBe(true);
    await serve('late');
    expect((await waiting).status).toBe(200);
    expect((await send(`${daemon.inference}/v2/models/patient/ready`)).status).toBe(200);
  });

  it('may be registered before them, with golden requests, which are sent when they are there', async () => {
    const goldenStatus = async () => {
      const [{ goldenRequests } = {}] = (await send(manage('/models/proven'))).json<
        { goldenRequests?: { status: string } }[]
      >();
      return goldenRequests?.status;
    };
    await remove(manage('/models/late?force=true'));
    await serve('proven');
    expect(await goldenStatus()).toBe('not run');
    expect((await send(`${daemon.inference}/v2/models/proven/ready`)).status).toBe(503);
    await serve('late');
    await expect.poll(goldenStatus, BUSY).toBe('passed');
    await expect.poll(async () => (await send(`${daemon.inference}/v2/models/proven/ready`)).status, BUSY).toBe(200);
  });
});

describe('the nodes of a graph', () => {
  const predict = (model: string, instance: unknown, headers = {}) =>
    sendJson(`${daemon.inference}/v1/models/${model}:predict`, { instances: [instance] }, headers);

  it('are left alone when another one fails beside them, and when the time of a step above them is over', async () => {
    for (const name of ['failing', 'gate', 'beside', 'brief']) await serve(name);
    const held = await holdUp(daemon, 'gate', 'wait');
    expect((await predict('beside', 'x')).text).toMatch(/Node \\"failing\\": no/);
    await expect.poll(() => queueLength(daemon, 'gate'), BUSY).toBe(0);
    expect((await predict('brief', 'x')).status).toBe(504);
    await expect.poll(() => queueLength(daemon, 'gate'), BUSY).toBe(0);
    await held.letGo();
    expect((await held.answer).status).toBe(200);
  });

  it('get the request’s id, its trace and its authorization', async () => {
    await serve('echo');
    await serve('echoed');
    const headers = {
      'x-request-id': 'r-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=b',
      b3: '80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1',
      authorization: 'Bearer t',
    };
    expect((await predict('echoed', 'x', headers)).json()).toEqual({ predictions: [headers] });
  });

  it('get the tensors that their models take, from the moment on at which they are others', async () => {
    await serve('takes-1', '&model_name=takes');
    await serve('takes-2', '&model_name=takes');
    await serve('taking');
    const numbers = (name: string, data: readonly number[]) => ({ name, datatype: 'FP32', shape: [1, 2], data });
    const inputs = [numbers('x', [1, 2]), numbers('a', [3, 4]), numbers('b', [5, 6])];
    const outputs = async () => {
      const { status: code, text } = await sendJson(`${daemon.inference}/v2/models/taking/infer`, { inputs });
      return code === 200
        ? (JSON.parse(text) as { outputs: { name: string }[] }).outputs.map(({ name }) => name)
        : text;
    };
    for (const [version, names] of [
      ['1.0', ['y']],
      ['2.0', ['sum', 'difference']],
      ['1.0', ['y']],
      ['2.0', ['sum', 'difference']],
    ] as const) {
      expect((await put(manage(`/models/takes/${version}/set-default`))).status).toBe(200);
      expect(await outputs()).toEqual(names);
    }
    // Another one under the same name and version.
    await remove(manage('/models/takes/1.0'));
    await remove(manage('/models/takes?force=true'));
    await serve('takes-1', '&model_name=takes');
    expect(await outputs()).toEqual(['y']);
  });
});

it('ends, and begins again with all of them, whoever asks whom', async () => {
  const { root } = daemon;
  expect(await daemon.end()).toBe(0);
  grpc.close();
  daemon = await startDaemon({ config: CONFIG, root });
  expect([await isThere('node'), await isThere('needy')]).toEqual([true, true]);
  expect((await remove(manage('/models/node/1.0'))).status).toBe(404);
  expect(told(await remove(manage('/models/node')))).toMatch(/^409 .*needy/);
});
