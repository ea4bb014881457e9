/**
 * Leaves beside the bundle what V8 makes of it (see load-bundled.js), for the Node that runs this: a daemon serves a small model
 * for a moment, and it and its worker write down what they compiled. Without it everything works, and starts take longer; so what
 * goes wrong here ends nothing. Runs when the package is installed, and after a build.
 */
const { spawn } = require('node:child_process');
const events = require('node:events');
const { existsSync } = require('node:fs');
const { mkdtemp, rm, writeFile } = require('node:fs/promises');
const http = require('node:http');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { createInterface } = require('node:readline');
const { isBundleFresh } = require('./bundle.js');
const { codeFile } = require('./load-bundled.js');

/** y = x · (1, 1)ᵀ */
const MODEL =
  'CAg6VwoRCgF4CgF3EgF5IgZNYXRNdWwSAWcqEwgCCAEQAUIBd0oIAACAPwAAgD9aFAoBeBIPCg0IARIJCgMSAW4KAggCYhQKAXkSDwoNCAESCQoDEgFuCgIIAUIECgAQDQ==';

const TIMEOUT_MS = 30_000;

const FILES = ['cli', 'worker'].map((name) => codeFile(path.join(__dirname, '../bundle', `${name}.cjs`)));

if (isBundleFresh() && !FILES.every((file) => existsSync(file)))
  make().catch(({ message }) => console.warn(`marserve starts without a code cache: ${message}`));

async function make() {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-code-cache-'));
  try {
    await packageSmallModel(folder);
    await serve(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packageSmallModel(folder) {
  const { packageModel } = await import('@marserve/archiver');
  const serializedFile = path.join(folder, 'small.onnx');
  await writeFile(serializedFile, Buffer.from(MODEL, 'base64'));
  const model = { modelName: 'small', version: '1', handler: 'base_handler', serializedFile };
  await packageModel({ ...model, exportPath: folder, validate: false });
}

async function serve(folder) {
  await writeFile(path.join(folder, 'config.properties'), propertiesOf(folder));
  const daemon = spawn(process.execPath, [path.join(__dirname, 'model-server.js'), '--foreground', '--ncs'], {
    cwd: folder,
    env: { ...process.env, MARSERVE_RECORD_CODE: '1', LOG_LOCATION: folder, TS_CONFIG_FILE: undefined },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const exit = events.once(daemon, 'exit');
  for await (const line of createInterface({ input: daemon.stdout })) {
    const { msg, inference } = parse(line);
    if (msg === 'listening')
      use(inference)
        .catch((error) => daemon.emit('error', error))
        .finally(() => daemon.kill());
  }
  const [code, signal] = await exit;
  if (code !== 0) throw new Error(`the server ended with ${signal ?? `exit code ${code}`}`);
}

function propertiesOf(folder) {
  const addresses = ['inference', 'management', 'metrics'].map((name) => `${name}_address=http://127.0.0.1:0`);
  const files = [`model_store=${folder}`, `work_dir=${folder}`, `pid_file=${path.join(folder, 'pid')}`];
  const rest = ['load_models=small.mar', 'default_workers_per_model=1', 'enable_grpc=false', 'log_format=json'];
  return [...addresses, ...files, ...rest, 'worker_env_vars=^MARSERVE_RECORD_CODE$'].join('\n');
}

function parse(line) {
  return line.startsWith('{') ? JSON.parse(line) : {};
}

/** Both protocols, as the first clients of a server do. */
async function use(inference) {
  const input = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] };
  await untilOk(() => post(`${inference}/predictions/small`, [[1, 2]]));
  await post(`${inference}/v2/models/small/infer`, { inputs: [input] });
}

async function untilOk(attempt) {
  const deadline = performance.now() + TIMEOUT_MS;
  for (let status = 0; status !== 200 && performance.now() < deadline;) status = await attempt();
}

function post(url, body) {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const request = http.request(url, options, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    });
    request.once('error', reject).end(JSON.stringify(body));
  });
}
