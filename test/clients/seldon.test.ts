/** Seldon's own programs against a daemon, and a daemon against them: the package's client, its contract testers, its microservice. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSeldonClient } from '@marserve/client';
import { createSeldonGrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { ROOT } from '../helpers/pages.ts';
import { missingPython, runPython, runPythonCommandIn, startPython, type PythonServer } from '../helpers/python.ts';
import { send } from '../helpers/http.ts';

const VENV = '.venv-seldon';
const missing = missingPython();
/** The environment is there without the package where that is not made for this Python. */
const inSeldon = (file: string) => existsSync(path.join(ROOT, VENV, file));
const hasNoSeldon = inSeldon('requirements.sha256') && !inSeldon('bin/seldon-core-microservice');
const isSkipped = missing !== undefined || hasNoSeldon;

const MODEL = matMulModel({ weights: [[3], [10], [-1]] });

/** With its explainer. */
const PRICE = {
  name: 'price',
  model: MODEL,
  config: JSON.stringify({ explainer: { method: 'kernel_shap', background: 'background.json' } }),
  files: { 'background.json': '[[70, 2, 20], [90, 4, 0]]' },
};

/** In the place of a microservice. */
const COMPONENT = `
  export default class Price {
    predict(X) { return X.map(([a, b, c]) => [3 * a + 10 * b - c]); }
    route() { return 1; }
    aggregate(Xs) { return Xs[0]; }
  }
`;

const CONTRACT = {
  features: [
    { name: 'area', dtype: 'FLOAT', ftype: 'continuous', range: [20, 200] },
    { name: 'rooms', dtype: 'INT', ftype: 'continuous', range: [1, 9] },
    { name: 'age', dtype: 'FLOAT', ftype: 'continuous', range: [0, 'inf'] },
  ],
  targets: [{ name: 'price', dtype: 'FLOAT', ftype: 'continuous' }],
};

let deployment: Daemon;
let wrapper: Daemon;
let folder: string;

describe.skipIf(isSkipped)(`Seldon's programs${missing === undefined ? '' : ` (${missing})`}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'marserve-seldon-'));
    await writeFile(path.join(folder, 'contract.json'), JSON.stringify(CONTRACT));
    [deployment, wrapper] = await Promise.all([
      startDaemon({ fill: (store) => addArchive(store, PRICE) }),
      startDaemon({
        args: ['--profile', 'seldon', '--models', 'price.mar'],
        fill: (store) => addArchive(store, { name: 'price', source: COMPONENT }),
      }),
    ]);
    await registerModels(deployment, ['price']);
  });

  afterAll(async () => {
    await Promise.all([deployment?.close(), wrapper?.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  it('the client asks a deployment, and a microservice, over REST and gRPC', async () => {
    const variables = ({ inference, grpcInference }: Daemon) => ({
      MODEL: 'price',
      REST: new URL(inference).host,
      GRPC: grpcInference,
    });
    const printed = await Promise.all([
      runPython('seldon_client.py', { ...variables(deployment), HAS_SEVERAL: '1', EXPLAINS: '1' }, VENV),
      runPython('seldon_client.py', { ...variables(wrapper), IS_WRAPPER: '1' }, VENV),
    ]);
    for (const each of printed) expect(each).toContain('all right');
  });

  it('the contract testers find answers to what a contract says, over REST and gRPC', async () => {
    const test = async (program: string, address: string, ...rest: string[]) => {
      const { hostname, port } = new URL(address);
      return runPythonCommandIn(
        VENV,
        [program, 'contract.json', hostname, port, ...rest, '-b', '3', '-n', '2', '-p'],
        folder,
      );
    };
    const grpc = ({ grpcInference }: Daemon) => `http://${grpcInference}`;
    const ofDeployment = ['price', '--namespace', 'ns'];
    const printed = await Promise.all([
      test('seldon-core-tester', wrapper.inference),
      test('seldon-core-tester', grpc(wrapper), '--grpc', '--tensor'),
      test('seldon-core-api-tester', deployment.inference, ...ofDeployment, '--endpoint', 'send-feedback'),
      test('seldon-core-api-tester', grpc(deployment), ...ofDeployment, '--grpc'),
    ]);
    for (const each of printed) {
      expect(each.match(/RECEIVED RESPONSE/g)).toHaveLength(2);
      expect(each).not.toMatch(/RECEIVED RESPONSE:\s+None|FAILURE|"code": -1/);
    }
  });
});

describe.skipIf(isSkipped)('a microservice in Python', () => {
  let microservice: PythonServer;
  let url: string;
  let grpcHost: string;
  let daemon: Daemon;

  beforeAll(async () => {
    const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
    url = `http://127.0.0.1:${http}`;
    grpcHost = `127.0.0.1:${grpc}`;
    const parameters = [{ name: 'offset', value: '1', type: 'INT' }];
    microservice = await startPython({
      command: ['seldon_microservice.py', 'SeldonPrice', '--service-type', 'MODEL'],
      environment: VENV,
      hasChildren: true,
      variables: {
        PREDICTIVE_UNIT_ID: 'price',
        PREDICTIVE_UNIT_IMAGE: 'price:0.1',
        PREDICTIVE_UNIT_HTTP_SERVICE_PORT: String(http),
        PREDICTIVE_UNIT_GRPC_SERVICE_PORT: String(grpc),
        PREDICTIVE_UNIT_METRICS_SERVICE_PORT: String(metrics),
        PREDICTIVE_UNIT_PARAMETERS: JSON.stringify(parameters),
      },
      isReady: async () => (await fetch(`${url}/health/ping`)).ok,
    });
    const hosts = { seldon: url, 'grpc-seldon': `grpc://${grpcHost}` };
    daemon = await startDaemon({
      fill: async (store) => {
        await addArchive(store, { name: 'double', model: matMulModel({ weights: [[2]] }) });
        for (const [protocol, host] of Object.entries(hosts)) {
          const graph = { sequence: [{ url: host, protocol, name: 'price' }, { model: 'double' }] };
          await addArchive(store, { name: `${protocol}-node`, handler: 'graph', config: JSON.stringify({ graph }) });
          const config = JSON.stringify({ predictor_host: host, predictor_protocol: protocol });
          await addArchive(store, { name: `${protocol}-predictor`, handler: 'base_transformer', config });
        }
      },
    });
    const models = Object.keys(hosts).flatMap((protocol) => [`${protocol}-node`, `${protocol}-predictor`]);
    await registerModels(daemon, ['double', ...models]);
  });

  afterAll(async () => {
    await daemon?.close();
    await microservice?.close();
  });

  it('answers the client', async () => {
    const client = createSeldonClient(url);
    const answer = await client.predict({ data: { ndarray: [[80, 3, 12]] }, meta: { puid: 'p' } });
    expect(answer).toMatchObject({
      data: { names: ['price'], ndarray: [[259]] },
      meta: { puid: 'p', tags: { from: 'python' }, requestPath: { price: 'price:0.1' } },
    });
    expect(
      await client.transformInput({ data: { tensor: { shape: [1, 2], values: Float32Array.of(1, 2) } } }),
    ).toMatchObject({ data: { tensor: { shape: [1, 2], values: [1, 2] } } });
    expect(await client.sendFeedback({ reward: 1 })).toMatchObject({ data: {} });
    expect(await client.metadata()).toMatchObject({ name: 'price', versions: ['0.1'] });
    expect(await client.isReady()).toBe(true);
    await expect(client.predict({ data: { ndarray: [[1]] } })).rejects.toMatchObject({
      name: 'ClientError',
      status: 500,
      message: expect.stringContaining('expected features of three') as string,
    });
    await client.close();
  });

  it('answers the client over gRPC', async () => {
    const client = createSeldonGrpcClient(grpcHost);
    expect(await client.predict({ data: { ndarray: [[80, 3, 12]] }, meta: { puid: 'p' } })).toMatchObject({
      data: { names: ['price'], ndarray: [[259]] },
      meta: { puid: 'p', tags: { from: 'python' }, requestPath: { price: 'price:0.1' } },
    });
    const tensor = { shape: [2, 3], values: Float32Array.of(80, 3, 12, 60, 2, 40) };
    expect(await client.predict({ data: { tensor } })).toMatchObject({
      data: { tensor: { shape: [2, 1], values: [259, 161] } },
    });
    expect(await client.transformOutput({ strData: 'ä' })).toMatchObject({ strData: 'ä' });
    expect(await client.sendFeedback({ reward: 0.5 })).toMatchObject({ data: { tensor: { values: [0.5] } } });
    expect(await client.metadata()).toMatchObject({ name: 'price', versions: ['0.1'] });
    expect(await client.isReady()).toBe(true);
    await expect(client.predict({ data: { ndarray: [[1]] } })).rejects.toMatchObject({
      name: 'ClientError',
      kind: 'status',
      message: expect.stringContaining('expected features of three') as string,
    });
    await client.close();
  });

  it('is a unit of a SeldonDeployment, over gRPC, and hears what came of its predictions', async () => {
    const endpoint = { type: 'GRPC', service_host: '127.0.0.1', service_port: Number(grpcHost.split(':')[1]) };
    const deployment = {
      apiVersion: 'machinelearning.seldon.io/v1',
      kind: 'SeldonDeployment',
      metadata: { name: 'prices' },
      spec: { predictors: [{ name: 'main', graph: { name: 'far', type: 'MODEL', endpoint } }] },
    };
    const applied = await send(`${daemon.management}/graphs`, { method: 'POST', body: JSON.stringify(deployment) });
    expect([applied.status, applied.text]).toEqual([200, expect.stringContaining('"registered"')]);
    const client = createSeldonClient(daemon.inference, { deployment: 'prices' });
    const request = { data: { ndarray: [[80, 3, 12]] } };
    const response = await client.predict(request);
    expect(response).toMatchObject({
      data: { names: ['price'], ndarray: [[259]] },
      meta: { tags: { from: 'python' }, requestPath: { price: 'price:0.1' } },
    });
    expect(await client.sendFeedback({ request, response, reward: 0.25 })).toMatchObject({
      data: { ndarray: [[0.25]] },
    });
    await client.close();
  });

  it.each([
    ['a node of a graph', 'seldon-node', [518]],
    ['the predictor of a transformer', 'seldon-predictor', [259]],
    ['a node of a graph, over gRPC', 'grpc-seldon-node', [518]],
    ['the predictor of a transformer, over gRPC', 'grpc-seldon-predictor', [259]],
  ])('is %s', async (_, model, prediction) => {
    const ask = async (instances: unknown) =>
      send(`${daemon.inference}/v1/models/${model}:predict`, {
        method: 'POST',
        body: JSON.stringify({ instances }),
        headers: { 'content-type': 'application/json' },
      });
    expect((await ask([[80, 3, 12]])).json()).toEqual({ predictions: [prediction] });
    const refused = await ask([[1]]);
    expect([refused.status, refused.text]).toEqual([500, expect.stringContaining('expected features of three')]);
  });
});
