/** TorchServe: a front end in Java, and a worker process in Python for each model. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { flags, inPeers, pythonPeer, WAIT_MS, type Launch } from './python-peer.ts';

const SETTINGS =
  'minWorkers=maxWorkers=1, a handler without PyTorch (torch is a stub of one class), log level ERROR, system metrics and token off';

export const torchserve = pythonPeer({
  name: 'torchserve',
  requirements: ['torchserve==0.12.0', 'torch-model-archiver==0.12.0', 'PyYAML==6.0.4'],
  prerequisites: async () => ({ Java: await javaVersion() }),
  settings: [
    {
      label: 'TorchServe, batches ≤ 32',
      settings: `${SETTINGS}, batchSize=32, maxBatchDelay=${WAIT_MS}`,
      batch: 32,
    },
    { label: 'TorchServe, one by one', settings: SETTINGS, batch: 1 },
  ],
  async command(launch) {
    const { folder, program } = launch;
    const store = path.join(folder, 'store');
    await mkdir(store);
    for (const model of Object.entries(launch.models)) await archive(launch, store, model);
    await writeFile(path.join(folder, 'config.properties'), configuration(launch, store));
    await writeFile(path.join(folder, 'log4j2.xml'), LOGGING);
    return {
      program: program('torchserve'),
      args: [
        '--start',
        '--foreground',
        '--no-config-snapshots',
        '--ts-config',
        'config.properties',
        '--log-config',
        'log4j2.xml',
      ],
      env: { PYTHONPATH: `${inPeers()}:${inPeers('torch_stub')}`, TEMP: folder },
    };
  },
  path: (model) => `/predictions/${model}`,
});

/** @throws Error when there is none */
async function javaVersion(): Promise<string> {
  const { stderr } = await promisify(execFile)('java', ['-version']).catch((error: Error) => {
    throw new Error('there is no java; on Debian: apt-get install openjdk-17-jre-headless', { cause: error });
  });
  return /version "([^"]+)"/.exec(stderr)?.[1] ?? 'unknown';
}

async function archive(
  { program, folder, setting }: Launch,
  store: string,
  [name, file]: [string, string],
): Promise<void> {
  const model = path.join(folder, `${name}.yaml`);
  const { batch } = setting;
  const delay = batch > 1 ? `maxBatchDelay: ${WAIT_MS}\n` : '';
  await writeFile(model, `minWorkers: 1\nmaxWorkers: 1\nbatchSize: ${batch}\n${delay}`);
  const files = { 'model-name': name, version: '1.0', handler: inPeers('torchserve_handler.py'), 'export-path': store };
  const options = { ...files, 'extra-files': `${file},${inPeers('onnx_model.py')}`, 'config-file': model };
  await promisify(execFile)(program('torch-model-archiver'), flags(options));
}

function configuration({ port, otherPorts, models }: Launch, store: string): string {
  const [management, metrics, grpcInference, grpcManagement] = otherPorts;
  const settings = {
    inference_address: `http://127.0.0.1:${port}`,
    management_address: `http://127.0.0.1:${management}`,
    metrics_address: `http://127.0.0.1:${metrics}`,
    grpc_inference_port: grpcInference,
    grpc_management_port: grpcManagement,
    model_store: store,
    load_models: Object.keys(models)
      .map((name) => `${name}.mar`)
      .join(','),
    disable_token_authorization: true,
    disable_system_metrics: true,
    async_logging: true,
    job_queue_size: 1000,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

const LOGGING = `<Configuration><Appenders><Console name="out"><PatternLayout pattern="%d %p %c - %m%n"/></Console></Appenders>
<Loggers><Root level="error"><AppenderRef ref="out"/></Root></Loggers></Configuration>
`;
