/** Transformers in front of the predictors of others: KServe's ModelServer, MLServer, and servers as those of ONNX Runtime. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createV1Client, createV2Client, tensor } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { ROOT } from '../helpers/pages.ts';
import { missingPython, startPython, type PythonServer } from '../helpers/python.ts';

const missing = missingPython();
/** Its environment is there without it where it is not made for this Python. */
const inMlserver = (file: string) => existsSync(path.join(ROOT, '.venv-mlserver', file));
const hasNoMlserver = inMlserver('requirements.sha256') && !inMlserver('bin/mlserver');

/** Twice the area, and one more for the price; in whatever form they come. */
const DOUBLE = `
  import { Transformer, createTensor } from '@marserve/handlers';
  const twice = (row) => row.map((each, index) => (index === 0 ? 2 * each : each));
  const tensorOf = (rows) => createTensor('float32', [rows.length, rows[0].length], rows.flat());
  const rowsOf = ({ shape: [count, size], data }) => Array.from({ length: count }, (_, row) => Array.from(data.slice(row * size, (row + 1) * size)));
  export default class Double extends Transformer {
    async initialize(context) {
      this.isUntold = String(context.modelConfig.predictor_protocol).endsWith('onnxruntime-server');
      await super.initialize(context);
    }
    preprocess(payload) {
      const rows = (payload.instances ?? rowsOf(payload.inputs.features)).map(twice);
      return payload.instances && !this.isUntold ? { instances: rows } : { inputs: { features: tensorOf(rows) } };
    }
    postprocess({ predictions, outputs }) {
      if (predictions) return { predictions: predictions.map(([price]) => [price + 1]) };
      const { shape, data } = outputs.price;
      return { outputs: { price: createTensor('float32', shape, data.map((each) => each + 1)) } };
    }
  }
`;

interface Foreign {
  readonly start: (ports: readonly [number, number, number]) => Promise<PythonServer>;
  /** Each with the place of its port, and what else the model's config says. */
  readonly protocols: readonly { readonly protocol: string; readonly port: 0 | 1 | 2; readonly config?: string }[];
}

const answers = async (url: string) => (await fetch(url)).ok;

const FOREIGNERS: Readonly<Record<string, Foreign>> = {
  'KServe’s ModelServer': {
    start: ([http, grpc]) =>
      startPython({
        command: ['kserve_predictor.py'],
        variables: { HTTP_PORT: String(http), GRPC_PORT: String(grpc) },
        isReady: () => answers(`http://127.0.0.1:${http}/v1/models/price`),
      }),
    protocols: [
      { protocol: 'v1', port: 0 },
      { protocol: 'v2', port: 0, config: 'predictor_tensors: json' },
      { protocol: 'v2', port: 0, config: 'predictor_tensors: binary' },
      { protocol: 'v2', port: 0 },
      { protocol: 'grpc-v2', port: 1 },
    ],
  },
  MLServer: {
    start: startMlserver,
    protocols: [
      { protocol: 'v2', port: 0 },
      { protocol: 'grpc-v2', port: 1 },
    ],
  },
  'a server as Microsoft’s and one as kibae’s': {
    start: ([http, grpc, kibae]) =>
      startPython({
        command: ['onnxruntime_servers.py'],
        variables: { HTTP_PORT: String(http), GRPC_PORT: String(grpc), KIBAE_PORT: String(kibae) },
        isReady: () => answers(`http://127.0.0.1:${kibae}/health`),
      }),
    protocols: [
      { protocol: 'onnxruntime-server', port: 0 },
      { protocol: 'grpc-onnxruntime-server', port: 1 },
      { protocol: 'kibae', port: 2, config: 'predictor_model_version: 1' },
    ],
  },
};

/** For settings of MLServer. */
let folder: string;

async function startMlserver([http, grpc]: readonly number[]): Promise<PythonServer> {
  const settings = { host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_endpoint: null, parallel_workers: 0 };
  const tensors = [['features', 3] as const, ['price', 1] as const].map(([name, size]) => {
    return { name, datatype: 'FP32', shape: [-1, size] };
  });
  const model = { name: 'price', implementation: 'mlserver_price.Price', inputs: [tensors[0]], outputs: [tensors[1]] };
  await mkdir(path.join(folder, 'price'));
  await writeFile(path.join(folder, 'settings.json'), JSON.stringify({ debug: false, ...settings }));
  await writeFile(path.join(folder, 'price/model-settings.json'), JSON.stringify(model));
  return startPython({
    command: ['mlserver', 'start', folder],
    variables: {},
    environment: '.venv-mlserver',
    cwd: folder,
    isReady: () => answers(`http://127.0.0.1:${http}/v2/models/price/ready`),
  });
}

const HOUSES = [
  [80, 3, 12],
  [60, 2, 40],
];
const FEATURES = { inputs: { features: tensor('float32', [2, 3], HOUSES.flat()) } };

describe.skipIf(missing !== undefined)(`Predictors${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let daemon: Daemon;

  beforeAll(async () => {
    [daemon, folder] = await Promise.all([startDaemon(), mkdtemp(path.join(tmpdir(), 'marserve-mlserver-'))]);
  });
  afterAll(async () => {
    await daemon?.close();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(Object.entries(FOREIGNERS))('%s', (foreigner, { start, protocols }) => {
    const isMissing = foreigner === 'MLServer' && hasNoMlserver;
    let server: PythonServer;
    let ports: readonly [number, number, number];

    beforeAll(async () => {
      if (isMissing) return;
      ports = [await freePort(), await freePort(), await freePort()];
      server = await start(ports);
    });
    afterAll(() => server?.close());

    it.skipIf(isMissing).each(protocols)('answers a transformer by $protocol ($config)', async (each) => {
      const { protocol, port, config: line = '' } = each;
      const name = `${protocol}-${line.replaceAll(/\W+/g, '-')}-${ports[port]}`;
      const config = [
        `predictor_host: "127.0.0.1:${ports[port]}"`,
        `predictor_protocol: ${protocol}`,
        'predictor_model_name: price',
        'enable_predictor_health_check: true',
        line,
      ];
      await addArchive(daemon.store, { name, source: DOUBLE, config: config.join('\n') });
      await registerModels(daemon, [name]);
      const [v1, v2, grpc] = [
        createV1Client(daemon.inference),
        createV2Client(daemon.inference),
        createV2GrpcClient(daemon.grpcInference),
      ];
      expect(await v1.isModelReady(name)).toBe(true);
      expect(await v1.predict(name, { instances: HOUSES })).toEqual({ predictions: [[499], [341]] });
      for (const client of [v2, grpc]) {
        const { outputs } = await client.infer(name, FEATURES);
        expect(Object.values(outputs).map(({ data }) => Array.from(data as Float32Array))).toEqual([[499, 341]]);
      }
      const wrong = await v1.predict(name, { instances: [[80, 3]] }).catch((error: unknown) => error);
      expect(wrong).toMatchObject({ kind: 'status', text: expect.stringMatching(/Predictor http:.*features/) });
      await Promise.all([v1.close(), v2.close(), grpc.close()]);
    });
  });
});
