/** MLServer of Seldon: the Open Inference Protocol, the model in the server's process. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { flatten, type Nested } from '../models/nested.ts';
import { pythonPeer, WAIT_MS, type Launch } from './python-peer.ts';

const SETTINGS = 'parallel_workers=0 (in the process of the server), debug, metrics and gzip off, log level WARNING';

/** What is sent and answered, as far as it is read here. */
interface InferenceResponse {
  readonly outputs: readonly { readonly data: readonly number[] }[];
}

export const mlserver = pythonPeer({
  name: 'mlserver',
  requirements: ['mlserver==1.7.1'],
  settings: [
    {
      label: 'MLServer, batches ≤ 32',
      settings: `${SETTINGS}, max_batch_size=32, max_batch_time=${WAIT_MS / 1000}`,
      batch: 32,
    },
    { label: 'MLServer, one by one', settings: SETTINGS, batch: 1 },
  ],
  async command(launch) {
    await configure(launch);
    return { program: launch.program('mlserver'), args: ['start', launch.folder] };
  },
  path: (model) => `/v2/models/${model}/infer`,
  bodyOf: (row, shape) => ({
    inputs: [{ name: 'x', shape: [1, ...shape], datatype: 'FP32', data: valuesOf(row, shape) }],
  }),
  rowOf: (answer) => (answer as InferenceResponse).outputs[0]?.data,
});

function valuesOf(row: Nested, shape: readonly number[]): number[] {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  flatten(row, values);
  return Array.from(values);
}

async function configure({ folder, port, otherPorts, setting, models }: Launch): Promise<void> {
  const settings = {
    debug: false,
    host: '127.0.0.1',
    http_port: port,
    grpc_port: otherPorts[0],
    metrics_endpoint: null,
    parallel_workers: 0,
    gzip_enabled: false,
    logging_settings: { version: 1, disable_existing_loggers: false, root: { level: 'WARNING' } },
  };
  await writeFile(path.join(folder, 'settings.json'), JSON.stringify(settings));
  const batching = setting.batch > 1 ? { max_batch_size: setting.batch, max_batch_time: WAIT_MS / 1000 } : {};
  for (const [name, uri] of Object.entries(models)) {
    await mkdir(path.join(folder, name));
    const model = { name, implementation: 'mlserver_runtime.OnnxRuntime', ...batching, parameters: { uri } };
    await writeFile(path.join(folder, name, 'model-settings.json'), JSON.stringify(model));
  }
}
