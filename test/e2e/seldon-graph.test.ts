/** Graphs of components as Seldon's executor runs them: its documented examples, its built-in units, feedback, errors, other protocols. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createV2Client, tensor } from '@marserve/client';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { CLASSIFIER_IMAGE, GRAPHS } from '../fixtures/seldon-graphs.ts';
import { COMBINER, IRIS, MEAN_CLASSIFIER, RAW, ROUTER } from '../fixtures/seldon-components.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { call, createGrpcClient } from '../helpers/grpc-client.ts';
import { send, sendJson } from '../helpers/http.ts';
import { askSeldon, seldonService } from '../helpers/seldon.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../helpers/shared-data.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      const add = (name: string, source: string, config?: object) =>
        addArchive(store, { name, source, ...(config && { config: JSON.stringify(config) }) });
      const iris = (name: string, names: string) =>
        add(name, IRIS, { component: { image: 'IMAGE', parameters: { names } } });
      await iris('preprocessor', 'sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)');
      await iris('model', 'Class_0,Class_1,Class_2');
      await iris('postprocessor', 'Class_0,Class_1,Class_2');
      await add('mean', MEAN_CLASSIFIER);
      await add('strict', MEAN_CLASSIFIER, { component: { parameters: { threshold: 100 } } });
      await add('router', ROUTER);
      await add('combiner', COMBINER);
      await add('raw', RAW);
      const weights = [
        [2, 0],
        [0, 2],
      ];
      await addArchive(store, { name: 'double', model: matMulModel({ weights }) });
      for (const [name, graph] of Object.entries(GRAPHS)) {
        const config = JSON.stringify({ seldon_graph: graph });
        await addArchive(store, { name, handler: 'seldon_graph', config });
      }
    },
  });
  const components = ['preprocessor', 'model', 'postprocessor', 'mean', 'strict', 'router', 'combiner', 'raw'];
  await registerModels(daemon, [...components, 'double', ...Object.keys(GRAPHS)]);
});

afterAll(() => daemon?.close());

const at = (graph: string, what: string) => `${daemon.inference}/seldon/ns/${graph}/api/v1.0/${what}`;
const predict = async (graph: string, body: unknown) => {
  const answer = await askSeldon(at(graph, 'predictions'), body);
  return { status: answer.status, body: answer.body as unknown };
};
const feedback = async (graph: string, body: unknown) => (await askSeldon(at(graph, 'feedback'), body)).body as unknown;
const DOCUMENTED = { data: { ndarray: [[1.0, 2.0, 5.0]] } };
/** As its documentation has it. */
const PROBA = { names: ['proba'], ndarray: [[0.43782349911420193]] };

describe('a documented example', () => {
  it('of an A/B test takes the children that the engine takes, and tells which', async () => {
    const replies: unknown[] = [];
    for (let request = 0; request < 3; request += 1) replies.push((await predict('abtest', DOCUMENTED)).body);
    // The first numbers of the seed 1337.
    expect(replies).toEqual(
      [1, 0, 1].map((route) => {
        const name = `classifier-${route + 1}`;
        return {
          data: PROBA,
          meta: {
            routing: { 'random-ab-test': route, [name]: -1 },
            requestPath: { [name]: CLASSIFIER_IMAGE },
          },
        };
      }),
    );
  });

  it('of a combiner has one answer of all children, and what is said of each', async () => {
    const strict = 1 / (1 + Math.exp(100 - 8 / 3));
    const mean = (PROBA.ndarray[0]?.[0] ?? 0) / 2 + strict / 2;
    const paths = { 'classifier-1': 'mean:1.0', 'classifier-2': 'strict:1.0' };
    const { body, headers } = await askSeldon(at('ensemble', 'predictions'), DOCUMENTED, { 'x-marserve-timing': '1' });
    expect(headers.get('server-timing')).toMatch(/classifier-[12];dur=.*, ensemble;dur=/);
    expect(body).toEqual({ data: { names: ['proba'], ndarray: [[mean]] }, meta: { requestPath: paths } });
    expect((await predict('combined', DOCUMENTED)).body).toEqual({
      data: { names: ['mean'], ndarray: [[mean]] },
      meta: { tags: { combined: true }, requestPath: { ...paths, combiner: 'combiner:1.0' } },
    });
  });

  it.skipIf(!hasSharedData)(`of one class in three places goes through all of them${NEEDS_SHARED_DATA}`, async () => {
    const text = await readFile(path.join(SHARED_DATA, 'seldon/exchanges.json'), 'utf8');
    const { transformer, model } = JSON.parse(text) as Record<string, Exchange>;
    const { status, body } = await predict('article', transformer?.request);
    const { data, meta } = body as Exchange['reply'];
    expect([status, data.names]).toEqual([200, model?.reply.data.names]);
    // MODEL takes the first three columns, OUTPUT_TRANSFORMER doubles them.
    const expected = transformer?.reply.data.ndarray.map((row) => row.slice(0, 3).map((value) => value * 2)) ?? [];
    expect(expected.flat()).toHaveLength(6);
    data.ndarray.flat().forEach((value, index) => expect(value).toBeCloseTo(expected.flat()[index] as number, 12));
    expect(meta).toEqual({ requestPath: { preprocessor: 'IMAGE', model: 'IMAGE', postprocessor: 'IMAGE' } });
  });
});

/** Asks and tells what came of it, as the notebook of the example does. @returns how often each child was taken */
async function tell(rewards: readonly number[], times: number): Promise<number[]> {
  const taken = [0, 0, 0];
  for (let request = 0; request < times; request += 1) {
    const response = (await predict('egreedy', DOCUMENTED)).body as { meta: { routing: Record<string, number> } };
    const route = response.meta.routing['eg-router'] ?? NaN;
    taken[route] = (taken[route] ?? 0) + 1;
    expect(response.meta.routing).toEqual({ 'eg-router': route, [`classifier-${route + 1}`]: -1 });
    await feedback('egreedy', { request: DOCUMENTED, response, reward: rewards[route] });
  }
  return taken;
}

it('a documented bandit learns which model is best, and that it is another one later', async () => {
  await tell([0, 1, 0], 20);
  const [, second = 0] = await tell([0, 1, 0], 20);
  expect(second).toBeGreaterThan(10);
  await tell([1, 0, 0], 90);
  const [first = 0] = await tell([1, 0, 0], 20);
  expect(first).toBeGreaterThan(10);
});

interface Exchange {
  readonly request: object;
  readonly reply: { readonly data: { readonly names: string[]; readonly ndarray: number[][] }; readonly meta: object };
}

describe('a router', () => {
  const to = (child: number) => predict('routed', { ...DOCUMENTED, meta: { tags: { to: child } } });
  it('chooses a child, all or none', async () => {
    expect((await to(0)).body).toMatchObject({ data: PROBA, meta: { routing: { router: 0 } } });
    expect((await to(1)).body).toMatchObject({ meta: { requestPath: { 'classifier-2': 'strict:1.0' } } });
    // Without a combiner the first one answers.
    expect((await to(-1)).body).toMatchObject({ data: PROBA, meta: { routing: { router: -1 } } });
    expect((await to(-2)).body).toEqual({ ...DOCUMENTED, meta: { tags: { to: -2 }, routing: { router: -2 } } });
    expect(await to(2)).toMatchObject({
      status: 500,
      body: { status: { info: expect.stringMatching(/^Unit "router": routed to child 2; it has 2/) as string } },
    });
  });

  it('is told what came of it, and so is the model that it took', async () => {
    const { body: response } = await to(1);
    const request = DOCUMENTED;
    expect(await feedback('routed', { request, response, reward: 0.5 })).toMatchObject({
      jsonData: { told: [[1, 0.5]] },
    });
    expect(await feedback('ensemble', { request, response: {}, reward: 1 })).toMatchObject({
      jsonData: { of: 'model', reward: 1, routing: null },
    });
    const metrics = async () => (await send(`${daemon.metrics}/metrics`)).text;
    for (const told of [
      /^seldon_api_model_feedback\{.*ModelName="router"/m,
      /^seldon_api_model_feedback\{.*ModelName="strict"/m,
      /^graph_edge_requests_total\{.*ModelName="routed".*from="router".*to="classifier-2"/m,
      /^graph_node_seconds_count\{.*ModelName="routed".*node="classifier-2"/m,
    ])
      await expect.poll(metrics, { timeout: 30_000 }).toMatch(told);
  });

  it('is told of no child that it does not have', async () => {
    const response = { meta: { routing: { router: 7 } } };
    expect(await feedback('routed', { request: DOCUMENTED, response })).toMatchObject({
      status: { status: 1, info: expect.stringContaining('response.meta.routing.router: expected a child') as string },
    });
  });
});

describe('a unit', () => {
  it('may be any model, or another graph', async () => {
    const request = { data: { ndarray: [[1, 2]] } };
    const ordinary = { data: { ndarray: [[2, 4]] }, meta: { requestPath: { double: 'double:1.0' } } };
    expect((await predict('ordinary', request)).body).toMatchObject(ordinary);
    expect((await predict('nested', request)).body).toMatchObject(ordinary);
  });

  it('that fails is named, and its status that of the answer', async () => {
    expect(await predict('ordinary', { data: { ndarray: [[1, 2, 3]] } })).toMatchObject({
      status: 400,
      body: { status: { info: expect.stringContaining('Unit "double": ') as string } },
    });
    expect(await predict('whole', { strData: 'teapot' })).toMatchObject({ status: 418, body: { strData: 'teapot' } });
  });
});

describe('a graph', () => {
  it('answers other protocols with what it gives', async () => {
    const v1 = await sendJson(`${daemon.inference}/v1/models/article:predict`, { instances: [[[1, 2, 3, 4]]] });
    expect(v1.json()).toEqual({ predictions: [[[expect.any(Number), expect.any(Number), expect.any(Number)]]] });
    expect((await sendJson(`${daemon.inference}/predictions/ensemble`, [[1, 2, 5]])).json()).toEqual([
      [expect.closeTo(0.2189, 4)],
    ]);
    const v2 = createV2Client(daemon.inference);
    const { outputs } = await v2.infer({ name: 'ordinary' }, { inputs: { x: tensor('float32', [1, 2], [1, 2]) } });
    expect(Object.values(outputs).map(({ data }) => Array.from(data as Float32Array))).toEqual([[2, 4]]);
    await v2.close();
    const failed = await sendJson(`${daemon.inference}/v1/models/whole:predict`, { instances: ['teapot'] });
    expect([failed.status, failed.json()]).toEqual([418, { error: 'Unit "raw": its answer has the status 418' }]);
  });

  it('is asked over gRPC as well', async () => {
    const client = createGrpcClient(daemon.grpcInference, seldonService('Seldon'));
    const metadata = { seldon: 'ensemble', namespace: 'ns' };
    const request = { data: { tensor: { shape: [1, 3], values: [1, 2, 5] } } };
    const answer = await call(client, 'Predict', request, { metadata });
    expect(answer).toMatchObject({
      data: { names: ['proba'], tensor: { shape: [1, 1], values: [expect.closeTo(0.2189, 4)] } },
      meta: { requestPath: { 'classifier-1': 'mean:1.0', 'classifier-2': 'strict:1.0' } },
    });
    expect(await call(client, 'GraphMetadata', {}, { metadata: { ...metadata, seldon: 'abtest' } })).toMatchObject({
      name: 'abtest',
      models: { 'classifier-1': { name: 'seldonio/mock_classifier' } },
    });
    client.close();
  });

  it('tells what its units are', async () => {
    const metadata = (await (await fetch(at('abtest', 'metadata'))).json()) as Record<string, unknown>;
    expect(metadata).toMatchObject({
      name: 'abtest',
      models: { 'classifier-1': { name: 'seldonio/mock_classifier', versions: ['1.9.0-dev'] }, 'classifier-2': {} },
      graphinputs: [],
      graphoutputs: [],
    });
  });

  it('is shown to those who look at it', async () => {
    const view = (await send(`${daemon.management}/models/routed/graph`)).json<{ nodes: object[]; edges: object[] }>();
    expect(view.nodes).toMatchObject([
      { name: 'router', kind: 'router', how: 'router' },
      { name: 'classifier-1', model: 'mean', ready: true },
      { name: 'classifier-2', model: 'strict', ready: true },
    ]);
    expect(view.edges[0]).toMatchObject({ from: 'client', to: 'router', requests: expect.any(Number) as number });
    expect((await send(`${daemon.management}/models/article/graph?format=svg`)).text).toContain('postprocessor');
  });

  it('is ready while its units are', async () => {
    const isReady = async (model: string) => (await send(`${daemon.inference}/v2/models/${model}/ready`)).status;
    expect([await isReady('article'), await isReady('late')]).toEqual([200, 503]);
  });
});
