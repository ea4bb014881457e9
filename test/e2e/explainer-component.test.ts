/** An explainer that stands beside a model elsewhere, as KServe's explainer component does: an archive without a model. */
import { readFile } from 'node:fs/promises';
import { createV1Client, createV2Client, tensor } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { ROOT } from '../helpers/pages.ts';

const FIXTURES = `${ROOT}test/fixtures/explainers/`;
const MODEL = await readFile(`${FIXTURES}iris-forest.onnx`);
const SAMPLES = JSON.parse(await readFile(`${FIXTURES}iris-forest.json`, 'utf8')) as Record<
  'rows' | 'background',
  number[][]
>;
const ROWS = SAMPLES.rows.slice(0, 2).map((row) => row.map(Math.fround));
const [ROW = []] = ROWS;
const FILES = { 'background.json': JSON.stringify(SAMPLES.background) };
const EXPLAINER = { method: 'kernel_shap', background: 'background.json', clusters: 10, output: 'probabilities' };

/** How the predictor is asked; the last two without a network. */
const PROTOCOLS = ['v1', 'v2', 'grpc-v2', 'local-v1', 'local-v2'] as const;

let daemon: Daemon;

const hostOf = (protocol: string) => {
  if (protocol.startsWith('local')) return 'local:iris';
  return protocol === 'grpc-v2' ? daemon.grpcInference : new URL(daemon.inference).host;
};

function configOf(protocol: string, explainer: object): string {
  return JSON.stringify({
    predictor_host: hostOf(protocol),
    predictor_protocol: protocol.replace('local-', ''),
    predictor_model_name: 'iris',
    explainer,
  });
}

beforeAll(async () => {
  daemon = await startDaemon();
  const { store } = daemon;
  await addArchive(store, { name: 'iris', model: MODEL });
  await addArchive(store, {
    name: 'beside',
    model: MODEL,
    config: JSON.stringify({ explainer: EXPLAINER }),
    files: FILES,
  });
  const endless = { ...EXPLAINER, method: 'permutation_shap', permutations: 100_000_000 };
  await addArchive(store, {
    name: 'endless',
    handler: 'base_transformer',
    config: configOf('v1', endless),
    files: FILES,
  });
  for (const protocol of PROTOCOLS) {
    const archive = { handler: 'base_transformer', config: configOf(protocol, EXPLAINER), files: FILES };
    await addArchive(store, { name: `by-${protocol}`, ...archive, options: { validate: true } });
  }
  await registerModels(daemon, ['iris', 'beside', 'endless', ...PROTOCOLS.map((protocol) => `by-${protocol}`)]);
});
afterAll(() => daemon?.close());

/** But for the last bits, which the order of sums decides. */
function near(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 6);
  if (Array.isArray(value)) return value.map(near);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, near(each)]));
}

it('a predictor, and a model with an explainer, are explained to clients of Seldon', async () => {
  const ask = (model: string) =>
    sendJson(`${daemon.inference}/seldon/ns/${model}/api/v1.0/explain`, { data: { ndarray: ROWS } });
  const [beside, apart] = [await ask('beside'), await ask('by-v1')].map((answer) => answer.json());
  const v1 = createV1Client(daemon.inference);
  const { explanations } = await v1.explain('beside', { instances: ROWS });
  await v1.close();
  expect(beside?.['meta']).toEqual({ requestPath: { beside: 'beside:1.0' } });
  expect(JSON.stringify(beside?.['jsonData'])).toContain(Object.keys((explanations as object[])[0] ?? {})[0]);
  expect(apart?.['jsonData']).toEqual(near(beside?.['jsonData']));
  expect((await ask('iris')).status).toBe(501);
});

describe.each(PROTOCOLS)('a predictor that is asked by %s', (protocol) => {
  const name = `by-${protocol}`;

  it('is explained to clients of V1 as beside the model', async () => {
    const client = createV1Client(daemon.inference);
    const found = await client.explain(name, { instances: ROWS });
    expect(found).toEqual(near(await client.explain('beside', { instances: ROWS })));
    expect(found.explanations).toHaveLength(2);
    await client.close();
  });

  it('is explained to clients of TorchServe', async () => {
    const ask = async (model: string) => (await sendJson(`${daemon.inference}/explanations/${model}`, ROW)).json();
    expect(await ask(name)).toEqual(near(await ask('beside')));
  });

  it('is explained to clients of V2', async () => {
    const client = createV2Client(daemon.inference);
    const inputs = { X: tensor('float32', [2, 4], ROWS.flat()) };
    const explanationsOf = async (model: string) => {
      const { outputs } = await client.explain({ name: model }, { inputs });
      return JSON.parse(String(outputs['explanations']?.data[0])) as unknown;
    };
    expect(await explanationsOf(name)).toEqual(near(await explanationsOf('beside')));
    await client.close();
  });

  it('is asked for predictions as a transformer asks it', async () => {
    const client = createV1Client(daemon.inference);
    expect(await client.predict(name, { instances: ROWS })).toEqual(await client.predict('iris', { instances: ROWS }));
    await client.close();
    const tensors = createV2GrpcClient(daemon.grpcInference);
    const inputs = { X: tensor('float32', [2, 4], ROWS.flat()) };
    const { outputs } = await tensors.infer(name, { inputs });
    // Of V1 come answers that are no tensors.
    expect(Object.keys(outputs)).toEqual(protocol.endsWith('v1') ? ['predict'] : ['label', 'probabilities']);
    await tensors.close();
  });
});

describe('an explanation that takes long', () => {
  const explain = (init: RequestInit = {}) => {
    const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string>) };
    return send(`${daemon.inference}/explanations/endless`, {
      method: 'POST',
      body: JSON.stringify(ROW),
      ...init,
      headers,
    });
  };
  const predictionsAfter = async (asked: () => Promise<unknown>) => {
    await asked();
    expect((await sendJson(`${daemon.inference}/predictions/endless`, ROW)).status).toBe(200);
  };

  it('ends with its time', () =>
    predictionsAfter(async () => {
      const answer = await explain({ headers: { 'x-request-timeout-ms': '1000' } });
      expect(answer.status).toBe(504);
    }));

  it('ends when its client goes, after it has told how far it is', () =>
    predictionsAfter(async () => {
      const client = new AbortController();
      const answer = explain({ signal: client.signal });
      answer.catch(() => {});
      expect(await daemon.line('permutation_shap: explaining')).toContain('"percent":');
      client.abort();
      await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    }));
});

it('starts as KServe starts one, with flags in place of what its archive says', async () => {
  const started = await startDaemon({
    fill: (store) =>
      addArchive(store, {
        name: 'explainer',
        handler: 'base_transformer',
        config: JSON.stringify({ explainer: EXPLAINER }),
        files: FILES,
      }),
    args: `--models explainer.mar --model_name iris --predictor_host ${hostOf('v2')} --predictor_protocol v2
      --predictor_request_timeout_seconds 60 --enable_predictor_health_check true --workers 1`.split(/\s+/),
  });
  try {
    await expect.poll(async () => (await send(`${started.inference}/v1/models/iris`)).status).toBe(200);
    const explain = async (at: Daemon, model: string) => {
      const client = createV1Client(at.inference);
      try {
        return await client.explain(model, { instances: ROWS });
      } finally {
        await client.close();
      }
    };
    expect(await explain(started, 'iris')).toEqual(near(await explain(daemon, 'beside')));
  } finally {
    await started.close();
  }
});
