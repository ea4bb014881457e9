/** Several models of a server as one service: sequences, parallel steps, switches, what fails in them, in every protocol. */
import { createV1Client, createV2Client, tensor } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GRAPH_MODULES } from '../fixtures/graph-modules.ts';
import { addOneModel, matMulModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove, send, sendJson } from '../helpers/http.ts';
import { workersOf } from '../helpers/workers.ts';

/** Fails as it is told, and gives back what it got. */
const MOODY = `
  import { PredictionError } from '@marserve/handlers';
  let calls = 0;
  export const handle = (rows) => rows && rows.map(({ body }) => {
    calls += 1;
    if (body.fail !== undefined && calls % 2 === 1) return new PredictionError('moody', body.fail);
    if (body.never) return new PredictionError('never', body.never);
    return body;
  });
`;
const SLOW = `export const handle = async (rows) => rows && (await new Promise((done) => { setTimeout(done, 5000); }), rows);`;
const GREET = `export const handle = (rows) => rows && rows.map(({ body }) => ({ kind: 'greeting', of: body }));`;

const twice = matMulModel({
  weights: [
    [2, 0],
    [0, 2],
  ],
});

const GRAPHS = {
  sequence: { sequence: ['twice', 'one', 'twice'] },
  parallel: { parallel: ['twice', 'one'] },
  mean: { parallel: { a: 'twice', b: 'one' }, combine: 'mean' },
  vote: { parallel: { a: 'one', b: 'twice', c: { model: 'one', version: '1.0' } }, combine: 'vote' },
  nested: { sequence: [{ parallel: ['twice', 'one'], combine: 'mean' }, 'one'] },
  names: {
    sequence: [
      { parallel: { a: { model: 'twice', outputs: { a: 'y' } }, b: { model: 'one', outputs: { b: 'y' } } } },
      { model: 'sum', outputs: { total: 'sum' } },
    ],
  },
  switched: {
    switch: [
      { when: 'instances.0.greet', step: 'greet' },
      { when: { path: 'instances.0.size', above: 10 }, step: { sequence: ['greet', 'greet'] } },
    ],
    otherwise: 'moody',
  },
  choosy: { switch: [{ when: { path: 'instances.0', equals: 'x' }, step: 'greet' }] },
  retried: { model: 'moody', retries: 3 },
  soft: { parallel: { greeted: 'greet', moody: { model: 'moody', dependency: 'soft' } } },
  passed: { sequence: ['greet', { model: 'moody-not-there', dependency: 'soft' }] },
  fallen: { model: 'moody', fallback: 'greet' },
  own: {
    sequence: [
      { handler: 'twist.ts', options: { by: 10 } },
      { parallel: ['twice', 'one'], combine: { handler: 'merge.ts' } },
    ],
  },
  contextual: {
    router: { greet: 'greet', moody: 'moody' },
    policy: { handler: 'reader.ts' },
    name: 'reader',
  },
  hasty: { model: 'slow', timeout_ms: 100 },
  outer: { sequence: ['sequence', 'one'] },
  late: { sequence: ['twice', 'comes-later'] },
};

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'twice', model: twice });
      await addArchive(store, { name: 'one', model: addOneModel() });
      await addArchive(store, { name: 'sum', model: sumAndDifferenceModel(['batch', 2]) });
      for (const [name, source] of Object.entries({ moody: MOODY, slow: SLOW, greet: GREET })) {
        await addArchive(store, { name, source });
      }
      for (const [name, graph] of Object.entries(GRAPHS)) {
        const files = ['own', 'contextual'].includes(name) ? GRAPH_MODULES : {};
        await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }), files });
      }
      const patient = JSON.stringify({ graph: 'slow', responseTimeout: 2 });
      await addArchive(store, { name: 'patient', handler: 'graph', config: patient });
    },
  });
  await registerModels(daemon, ['twice', 'one', 'sum', 'moody', 'slow', 'greet', 'patient', ...Object.keys(GRAPHS)]);
});

afterAll(() => daemon?.close());

async function ask(graph: string, instances: readonly unknown[], headers: Record<string, string> = {}) {
  const { status, text } = await sendJson(`${daemon.inference}/v1/models/${graph}:predict`, { instances }, headers);
  const body = JSON.parse(text) as { readonly predictions?: unknown; readonly error?: string };
  return body.error ?? body.predictions ?? status;
}

describe('a graph', () => {
  it('runs steps one after the other', async () => {
    expect(
      await ask('sequence', [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([
      [6, 10],
      [14, 18],
    ]);
  });

  it('runs steps in parallel, and merges what they give', async () => {
    expect(await ask('parallel', [[1, 2]])).toEqual([{ twice: [2, 4], one: [2, 3] }]);
    expect(await ask('mean', [[1, 2]])).toEqual([[2, 3.5]]);
    expect(await ask('vote', [[1, 2]])).toEqual([[2, 3]]);
    expect(await ask('nested', [[1, 2]])).toEqual([[3, 4.5]]);
  });

  it('runs steps and combiners of its own', async () => {
    expect(await ask('own', [[1, 2]])).toMatch(/Expected 1 predictions/);
    expect(
      await ask('own', [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([
      {
        name: 'twice',
        value: {
          instances: [
            [20, 40],
            [60, 80],
          ],
        },
      },
      {
        name: 'one',
        value: {
          instances: [
            [11, 21],
            [31, 41],
          ],
        },
      },
    ]);
    expect(await ask('own', ['bad'])).toBe('Node "twist": twist.ts: not bad');
  });

  it('goes where a router of its own sends it, which learns what depends on the request', async () => {
    const greeted = (of: string) => [{ kind: 'greeting', of }];
    expect(await ask('contextual', ['poem'], { 'x-request-id': 'first' })).toEqual(greeted('poem'));
    expect(await ask('contextual', ['novel'])).toEqual(greeted('novel'));
    const { status, text } = await sendJson(`${daemon.inference}/feedback/contextual`, { id: 'first', reward: -1 });
    expect([status, JSON.parse(text)]).toMatchObject([200, { outcome: 'counted', route: { reader: 'greet' } }]);
    // Other workers hear of it within a moment.
    await expect.poll(() => ask('contextual', ['poem'])).toEqual(['poem']);
    expect(await ask('contextual', ['novel'])).toEqual(greeted('novel'));
  });

  it('of graphs runs those', async () => {
    expect(await ask('outer', [[1, 2]])).toEqual([[7, 11]]);
  });

  it('takes the first step whose condition is met', async () => {
    expect(await ask('switched', [{ greet: null }])).toMatchObject([{ kind: 'greeting', of: { greet: null } }]);
    expect(await ask('switched', [{ size: 11 }])).toMatchObject([{ of: { kind: 'greeting' } }]);
    expect(await ask('switched', [{ size: 10 }])).toEqual([{ size: 10 }]);
    expect(await ask('choosy', ['y'])).toMatch(/No condition of "switch" is met/);
  });
});

describe('its tensors', () => {
  const question = { inputs: { x: tensor('float32', [1, 2], [1, 2]) } };
  it('go from node to node by their names, over REST and gRPC', async () => {
    const rest = createV2Client(daemon.inference);
    const grpc = createV2GrpcClient(daemon.grpcInference);
    for (const client of [rest, grpc]) {
      const { outputs } = await client.infer({ name: 'names' }, question);
      expect([Object.keys(outputs), Array.from(outputs['total']?.data as Float32Array)]).toEqual([['total'], [4, 7]]);
      const sequence = await client.infer({ name: 'sequence' }, question);
      expect(Array.from(sequence.outputs['y']?.data as Float32Array)).toEqual([6, 10]);
    }
    await Promise.all([rest.close(), grpc.close()]);
  });

  it('are rows for other protocols', async () => {
    const v1 = createV1Client(daemon.inference);
    expect(await v1.predict('sequence', { instances: [[1, 2]] })).toEqual({ predictions: [[6, 10]] });
    await v1.close();
    expect((await sendJson(`${daemon.inference}/predictions/sequence`, [1, 2])).json()).toEqual([6, 10]);
    const seldon = await sendJson(`${daemon.inference}/seldon/ns/sequence/api/v1.0/predictions`, {
      data: { ndarray: [1, 2] },
    });
    expect(seldon.json()).toMatchObject({ data: { ndarray: [6, 10] } });
  });
});

describe('what fails in it', () => {
  it('is said with the name of the node, and its status', async () => {
    const { status, text } = await sendJson(`${daemon.inference}/predictions/parallel`, 'x');
    expect([status, text]).toEqual([400, expect.stringMatching(/Node \\"(twice|one)\\": .*expected/)]);
  });

  it('is asked again, where the graph says so', async () => {
    for (let round = 0; round < 4; round += 1) expect(await ask('retried', [{ fail: 503 }])).toEqual([{ fail: 503 }]);
    expect(await ask('retried', [{ never: 503 }])).toMatch(/Node "moody": never/);
  });

  it('is left out when it is soft', async () => {
    expect(await ask('soft', [{ never: 500 }])).toEqual([{ greeted: { kind: 'greeting', of: { never: 500 } } }]);
    expect(await ask('passed', ['x'])).toEqual([{ kind: 'greeting', of: 'x' }]);
  });

  it('has the answer of its fallback', async () => {
    expect(await ask('fallen', [{ never: 500 }])).toEqual([{ kind: 'greeting', of: { never: 500 } }]);
  });

  it('is too slow before the graph’s own worker would be ended for it', async () => {
    const pids = async () => (await workersOf(daemon, 'patient')).map(({ pid }) => pid);
    const before = await pids();
    expect(await ask('patient', ['x'])).toMatch(/Node "slow"/);
    expect(await pids()).toEqual(before);
  });

  it('is too slow after its own time, and after that of the client', async () => {
    expect(await ask('hasty', ['x'])).toMatch(/Node "slow"/);
    expect(await ask('sequence', [[1, 2]], { 'x-request-timeout-ms': '60000' })).toEqual([[6, 10]]);
  });
});

describe('its nodes elsewhere', () => {
  it('are asked in the protocol of their server', async () => {
    const [rest, grpc] = [daemon.inference, daemon.grpcInference];
    const servers = { v1: rest, v2: rest, 'grpc-v2': grpc, torchserve: rest, 'grpc-torchserve': grpc };
    const node = (model: string) => (of: [string, string]) => [of[0], { url: of[1], protocol: of[0], model }];
    for (const [name, model] of [
      ['elsewhere', 'twice'],
      ['nowhere', 'none'],
    ] as const) {
      const parallel = Object.fromEntries(Object.entries(servers).map(node(model)));
      const graph = name === 'elsewhere' ? { parallel } : { parallel, combine: 'first' };
      await addArchive(daemon.store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
    }
    await registerModels(daemon, ['elsewhere', 'nowhere']);
    const all = (row: readonly number[]) => Object.fromEntries(Object.keys(servers).map((protocol) => [protocol, row]));
    expect(
      await ask('elsewhere', [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([all([2, 4]), all([6, 8])]);
    expect(await ask('nowhere', [[1, 2]])).toMatch(/Node "none": Predictor.*none/);
  });
});

describe('its readiness', () => {
  const isReady = async (model: string) => (await send(`${daemon.inference}/v2/models/${model}/ready`)).status;
  it('is that of its hard nodes', async () => {
    expect([await isReady('sequence'), await isReady('late'), await isReady('passed')]).toEqual([200, 503, 200]);
    await addArchive(daemon.store, { name: 'comes-later', source: GREET });
    await registerModels(daemon, ['comes-later']);
    await expect.poll(() => isReady('late'), { timeout: 60_000 }).toBe(200);
    await remove(`${daemon.management}/models/comes-later?force=true`);
    await expect.poll(() => isReady('late'), { timeout: 60_000 }).toBe(503);
  });
});

describe('a graph that is none', () => {
  it.each([
    ['nothing', {}, /needs the section graph/],
    ['no step', { graph: 1 }, /graph must be the name of a model, or an object with one of model, url, handler/],
    ['two kinds', { graph: { model: 'a', sequence: ['b'] } }, /one of model, url/],
    ['an unknown key', { graph: { sequence: ['a', { model: 'b', retry: 1 }] } }, /graph\.sequence\[1\]\.retry/],
    ['the same branch twice', { graph: { parallel: ['a', 'a'] } }, /\\"a\\" twice/],
    ['an empty sequence', { graph: { sequence: [] } }, /graph\.sequence must be a list/],
    ['a bad condition', { graph: { switch: [{ when: { path: 'a', like: 'b' }, step: 'a' }] } }, /when\.like/],
    ['a protocol of this server', { graph: { model: 'a', protocol: 'v1' } }, /url/],
  ])('is refused when it is registered, with the place: %s', async (_, config, message) => {
    await addArchive(daemon.store, { name: 'wrong', handler: 'graph', config: JSON.stringify(config) });
    const { status, text } = await send(`${daemon.management}/models?url=wrong.mar&initial_workers=1`, {
      method: 'POST',
    });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).toMatch(message);
  });
});
