/** A transformer in front of a predictor: every protocol of its clients, every protocol to the predictor. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createTorchServeClient, createV1Client, createV2Client, tensor } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove, send, sendJson } from '../helpers/http.ts';

/** Twice the area, and one more for the price; in whatever form they come. */
const DOUBLE = `
  import { Transformer, createTensor } from '@marserve/handlers';
  const twice = ([area, ...rest]) => [2 * area, ...rest];
  export default class Double extends Transformer {
    preprocess(payload) {
      if (payload.instances) return { instances: payload.instances.map(twice) };
      const { shape, data } = payload.inputs.features;
      return { ...payload, inputs: { features: createTensor('float32', shape, data.map((each, index) => (index % 3 === 0 ? 2 * each : each))) } };
    }
    postprocess({ predictions, outputs }) {
      if (predictions) return { predictions: predictions.map(([price]) => [price + 1]) };
      const { shape, data } = outputs.price;
      return { outputs: { price: createTensor('float32', shape, data.map((each) => each + 1)) } };
    }
  }
`;
/** Rows become the tensor that the model takes; tensors stay. */
const TENSORS = `
  import { Transformer, createTensor } from '@marserve/handlers';
  export default class Tensors extends Transformer {
    preprocess(payload) {
      if (!payload.instances) return payload;
      return { inputs: { features: createTensor('float32', [payload.instances.length, 3], payload.instances.flat()) } };
    }
  }
`;
const PLAIN = `
  import { Transformer } from '@marserve/handlers';
  export default class Plain extends Transformer {}
`;

let predictor: Daemon;
let daemon: Daemon;
/** In the place of ONNX Runtime Server. */
let runtime: Daemon;

const PROTOCOLS = ['v1', 'v2', 'grpc-v2'] as const;
const hostOf = (protocol: string) =>
  protocol === 'grpc-v2' ? predictor.grpcInference : new URL(predictor.inference).host;

beforeAll(async () => {
  [predictor, daemon, runtime] = await Promise.all([
    startDaemon(),
    startDaemon(),
    startDaemon({
      args: ['--profile', 'onnxruntime-server', '--models', 'price.onnx'],
      fill: (store) => writeFile(path.join(store, 'price.onnx'), HOUSE_PRICE),
    }),
  ]);
  await addArchive(predictor.store, { name: 'price', model: HOUSE_PRICE });
  await registerModels(predictor, ['price']);
  for (const protocol of PROTOCOLS) {
    const config = [
      `predictor_host: "${hostOf(protocol)}"`,
      `predictor_protocol: ${protocol}`,
      'predictor_model_name: price',
      'batchSize: 8',
    ].join('\n');
    await addArchive(daemon.store, { name: `double-${protocol}`, source: DOUBLE, config });
    await addArchive(daemon.store, { name: `plain-${protocol}`, source: PLAIN, config });
    await registerModels(daemon, [`double-${protocol}`, `plain-${protocol}`]);
  }
});
afterAll(() => Promise.all([daemon?.close(), predictor?.close(), runtime?.close()]));

const HOUSES = [
  [80, 3, 12],
  [60, 2, 40],
];
const FEATURES = { inputs: { features: tensor('float32', [2, 3], HOUSES.flat()) } };

describe.each(PROTOCOLS)('a predictor that is asked by %s', (protocol) => {
  describe.each([
    ['double', [499, 341]],
    ['plain', [258, 160]],
  ] as const)('behind the stages of "%s"', (name, prices) => {
    const model = `${name}-${protocol}`;

    it('answers clients of V1', async () => {
      const client = createV1Client(daemon.inference);
      expect(await client.predict(model, { instances: HOUSES })).toEqual({ predictions: prices.map((each) => [each]) });
      await client.close();
    });

    it('answers clients of TorchServe', async () => {
      const client = createTorchServeClient(daemon.inference);
      expect(await client.predict(model, HOUSES[0] ?? [])).toEqual([prices[0]]);
      await client.close();
    });

    it.each(['binary', 'json'] as const)('answers clients of V2 over REST, %s', async (tensors) => {
      const client = createV2Client(daemon.inference, { tensors });
      const { outputs } = await client.infer(model, FEATURES);
      expect(Object.values(outputs).map(({ data }) => [...data].map(Number))).toEqual([prices]);
      await client.close();
    });

    it('answers clients of V2 over gRPC', async () => {
      const client = createV2GrpcClient(daemon.grpcInference);
      const { outputs } = await client.infer(model, FEATURES);
      expect(Object.values(outputs).map(({ data }) => [...data].map(Number))).toEqual([prices]);
      await client.close();
    });
  });

  it('keeps status and text of its errors, in the client’s protocol', async () => {
    const { status, text } = await sendJson(`${daemon.inference}/v1/models/plain-${protocol}:predict`, {
      instances: [[1, 2]],
    });
    expect(status).toBe(400);
    expect(text).toMatch(/Predictor http:.* answered (400|INVALID_ARGUMENT): .*features/);
    const client = createV2GrpcClient(daemon.grpcInference);
    const inputs = { features: tensor('float32', [1, 2], [1, 2]) };
    await expect(client.infer(`plain-${protocol}`, { inputs })).rejects.toMatchObject({ kind: 'status', code: 3 });
    await client.close();
  });

  it('is asked by many at a time', async () => {
    const client = createV1Client(daemon.inference);
    const areas = Array.from({ length: 50 }, (_, index) => index);
    const answers = await Promise.all(
      areas.map((area) => client.predict(`plain-${protocol}`, { instances: [[area, 0, 0]] })),
    );
    expect(answers.map(({ predictions }) => predictions)).toEqual(areas.map((area) => [[3 * area]]));
    await client.close();
  });
});

describe.each(['onnxruntime-server', 'grpc-onnxruntime-server', 'kibae'])(
  'a server of ONNX Runtime by %s',
  (protocol) => {
    const name = `behind-${protocol}`;

    beforeAll(async () => {
      const address = protocol.startsWith('grpc') ? runtime.grpcInference : new URL(runtime.inference).host;
      const config = [
        `predictor_host: "${address}"`,
        `predictor_protocol: ${protocol}`,
        'enable_predictor_health_check: true',
        ...(protocol === 'kibae' ? ['predictor_model_name: price', 'predictor_model_version: 1'] : []),
      ].join('\n');
      await addArchive(daemon.store, { name, source: protocol === 'kibae' ? DOUBLE : TENSORS, config });
      await registerModels(daemon, [name]);
    });

    it('answers clients of all protocols', async () => {
      const prices = protocol === 'kibae' ? [499, 341] : [258, 160];
      const v1 = createV1Client(daemon.inference);
      expect((await v1.predict(name, { instances: HOUSES })).predictions).toEqual(prices.map((each) => [each]));
      expect(await v1.isModelReady(name)).toBe(true);
      const v2 = createV2Client(daemon.inference);
      const { outputs } = await v2.infer(name, FEATURES);
      expect(Object.values(outputs).map(({ data }) => [...data].map(Number))).toEqual([prices]);
      await Promise.all([v1.close(), v2.close()]);
    });

    it('keeps status and text of its errors, and has no explanations', async () => {
      const client = createV2Client(daemon.inference);
      const wrong = client.infer(name, { inputs: { features: tensor('float32', [1, 2], [1, 2]) } });
      await expect(wrong).rejects.toMatchObject({
        status: 400,
        text: expect.stringMatching(/Predictor http:.*features/),
      });
      const v1 = createV1Client(daemon.inference);
      await expect(v1.explain(name, { instances: HOUSES })).rejects.toMatchObject({ status: 501 });
      await Promise.all([client.close(), v1.close()]);
    });
  },
);

it('rows for a predictor that does not tell what it takes are the handler’s business', async () => {
  const config = `predictor_host: "${runtime.grpcInference}"\npredictor_protocol: grpc-onnxruntime-server\n`;
  await addArchive(daemon.store, { name: 'untold', source: PLAIN, config });
  await registerModels(daemon, ['untold']);
  const { status, text } = await sendJson(`${daemon.inference}/predictions/untold`, [80, 3, 12]);
  expect([status, text]).toEqual([500, expect.stringContaining('preprocess must give { inputs } of tensors')]);
});

it('a session needs a version', async () => {
  await addArchive(daemon.store, { name: 'unversioned', source: PLAIN, config: 'predictor_host: "127.0.0.1:1"\npredictor_protocol: kibae\n' }); // prettier-ignore
  await expect(registerModels(daemon, ['unversioned'])).rejects.toThrow(/predictor_model_version/);
});

it('what it takes is told in Server-Timing and in the metrics', async () => {
  const url = `${daemon.inference}/predictions/double-v1`;
  const headers = { 'content-type': 'application/json', 'x-marserve-timing': '1' };
  const answer = await send(url, { method: 'POST', headers, body: '[80, 3, 12]' });
  expect(answer.headers.get('server-timing')).toMatch(/preprocess;dur=\S+ inference;dur=\S+ postprocess;dur=/);
  await expect
    .poll(async () => (await send(`${daemon.metrics}/metrics`)).text)
    .toMatch(/^request_predict_seconds_count\{[^}]*double-v1[^}]*\} \d+$/m);
});

it('golden requests are answered through the predictor', async () => {
  const config = `predictor_host: "${hostOf('v1')}"\npredictor_model_name: price\n`;
  const goldenFor = (price: number) => [{ name: 'house', request: { json: [80, 3, 12] }, expect: { json: [price] } }];
  await addArchive(daemon.store, { name: 'right', source: PLAIN, config, golden: goldenFor(258) });
  await addArchive(daemon.store, { name: 'wrong', source: PLAIN, config, golden: goldenFor(1) });
  await registerModels(daemon, ['right']);
  await expect(registerModels(daemon, ['wrong'])).rejects.toThrow(/house/);
});

it('a predictor that dies is a 503 that names it', async () => {
  const other = await startDaemon();
  await addArchive(other.store, { name: 'price', model: HOUSE_PRICE });
  await registerModels(other, ['price']);
  const { host } = new URL(other.inference);
  const config = `predictor_host: "${host}"\npredictor_model_name: price\n`;
  await addArchive(daemon.store, { name: 'orphan', source: PLAIN, config });
  await registerModels(daemon, ['orphan']);
  const ask = () => sendJson(`${daemon.inference}/predictions/orphan`, [80, 3, 12]);
  expect((await ask()).json()).toEqual([258]);
  await other.close();
  const refused = await ask();
  expect(refused.status).toBe(503);
  expect(refused.text).toContain(host);
});

it.each(PROTOCOLS)(
  'a transformer is ready only while its predictor is, where that is asked for, by %s',
  async (protocol) => {
    const other = await startDaemon();
    try {
      const address = protocol === 'grpc-v2' ? other.grpcInference : new URL(other.inference).host;
      const name = `watching-${protocol}`;
      const config = [
        `predictor_host: "${address}"`,
        `predictor_protocol: ${protocol}`,
        'predictor_model_name: price',
        'enable_predictor_health_check: true',
      ].join('\n');
      await addArchive(daemon.store, { name, source: PLAIN, config });
      await registerModels(daemon, [name]);
      const readiness = () => send(`${daemon.inference}/v1/models/${name}`);
      const refused = await readiness();
      expect(refused.status).toBe(503);
      expect(refused.text).toMatch(/predictor at .* is not ready: it has no model/);
      await addArchive(other.store, { name: 'price', model: HOUSE_PRICE });
      await registerModels(other, ['price']);
      await expect.poll(async () => (await readiness()).status).toBe(200);
      await other.close();
      await expect.poll(async () => (await readiness()).status).toBe(503);
      expect((await readiness()).text).toContain(address);
      await remove(`${daemon.management}/models/${name}`);
    } finally {
      await other.close();
    }
  },
);

it('is started as KServe starts one', async () => {
  const config = 'predictor_host: "127.0.0.1:1"\npredictor_model_name: price\n';
  const started = await startDaemon({
    fill: (store) => addArchive(store, { name: 'prices', source: DOUBLE, config }),
    args: `--models prices.mar --model_name houses --workers 1 --predictor_host ${hostOf('v2')} --protocol v2
      --predictor_request_timeout_seconds 60 --predictor_request_retries 1 --enable_predictor_health_check
      --max_threads 4`.split(/\s+/),
  });
  try {
    await expect.poll(async () => (await send(`${started.inference}/v1/models/houses`)).status).toBe(200);
    const client = createV2Client(started.inference);
    const { outputs } = await client.infer('houses', FEATURES);
    expect(outputs['price']?.data).toEqual(Float32Array.of(499, 341));
    await client.close();
    await started.line('--max-threads does nothing');
  } finally {
    await started.close();
  }
});
