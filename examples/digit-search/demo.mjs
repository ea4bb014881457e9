#!/usr/bin/env node
/**
 * From a model file to served predictions, with the real commands: packages this example, starts the server, registers
 * the archive over REST, sends the held-out images, shows the metrics, stops. `--keep` leaves the server running.
 */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const EXAMPLE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(EXAMPLE, '../..');
const ARCHIVER = path.join(ROOT, 'packages/archiver/bin/model-archiver.js');
const SERVER = path.join(ROOT, 'packages/server/bin/model-server.js');
const ARCHIVE_FLAGS =
  '--model-name embedding --version 1.0 --serialized-file model.onnx ' +
  '--extra-files MyHandler.ts,faiss_index.bin,faiss_label.json --handler handler.ts';
const REGISTRATION = 'url=embedding.mar&initial_workers=1&batch_size=16';
const ADDRESSES = { inference: 8080, management: 8081, metrics: 8082 };
const SHOWN_IMAGES = 5;
const CLIENTS = 16;
const METRICS = ['ts_inference_requests_total', 'Requests2XX', 'HandlerTime', 'MemoryUsed'];
const keep = process.argv.includes('--keep');

await main().catch((error) => {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
});

async function main() {
  // Another demo or server may use the clone's model store and the usual pid file.
  const temporary = await mkdtemp(path.join(tmpdir(), 'marserve-demo-'));
  const store = path.join(temporary, 'model-store');
  const pidFlags = ['--pid-file', path.join(temporary, 'pid')];
  let isKept = false;
  try {
    title('Package the model, its handler and its index');
    await mkdir(store);
    const archiveFlags = `${ARCHIVE_FLAGS} --export-path ${store}`;
    await run(`model-archiver ${archiveFlags}`, ARCHIVER, archiveFlags.split(' '), EXAMPLE);

    title('Start the server');
    const urls = await start(['--start', '--ncs', '--model-store', store, ...pidFlags]);
    try {
      await useServer(urls);
      isKept = keep;
    } finally {
      if (!isKept) await stop(pidFlags);
    }
    if (isKept) printWhatToTry(urls, pidFlags);
  } finally {
    if (!isKept) await rm(temporary, { recursive: true, force: true });
  }
}

/** Resolves with the server's addresses, by their names. */
async function start(flags) {
  const tryWith = async (addresses) => {
    const all = [...flags, ...addresses];
    return addressesIn(await run(`model-server ${all.join(' ')}`, SERVER, all, ROOT));
  };
  const usual = await otherPorts();
  try {
    return await tryWith(usual);
  } catch (error) {
    const others = Object.keys(ADDRESSES).flatMap(anyPort);
    if (usual.length === others.length) throw error;
    // Another server may have taken a port meanwhile.
    return tryWith(others);
  }
}

async function useServer(urls) {
  title('Register the archive');
  const registration = `${urls.management}/models?${REGISTRATION}`;
  console.log(`$ curl -X POST "${registration}"`);
  console.log(await text(await fetch(registration, { method: 'POST' })));

  title('Ask for predictions');
  await predictAll(urls);

  title('Look at the metrics');
  const filter = METRICS.map((name) => `name[]=${name}`).join('&');
  console.log(`$ curl -g "${urls.metrics}/metrics?${filter}"`);
  console.log(await text(await fetch(`${urls.metrics}/metrics?${filter}`)));
}

async function predictAll(urls) {
  const labels = JSON.parse(await readFile(path.join(EXAMPLE, 'held-out/labels.json'), 'utf8'));
  const report = JSON.parse(await readFile(path.join(EXAMPLE, 'train/report.json'), 'utf8'));
  const images = (await readdir(path.join(EXAMPLE, 'held-out'))).filter((name) => name.endsWith('.png')).sort();
  const predict = async (name) => {
    const body = await readFile(path.join(EXAMPLE, 'held-out', name));
    return JSON.parse(await text(await fetch(`${urls.inference}/predictions/embedding`, { method: 'POST', body })));
  };
  const answers = await inParallel(images, predict);
  console.log(`$ curl -T examples/digit-search/held-out/${images[0]} ${urls.inference}/predictions/embedding`);
  console.log(JSON.stringify(answers[0]));
  console.log('\nimage     label  prediction  distance');
  for (let row = 0; row < SHOWN_IMAGES; row += 1) {
    console.log(`${images[row]}  ${labels[row]}      ${answers[row].pred}           ${answers[row].dist.toFixed(4)}`);
  }
  const right = answers.filter(({ pred }, row) => pred === labels[row]).length;
  const accuracy = right / images.length;
  const [here, inTraining] = [accuracy, report.accuracy].map((value) => value.toFixed(4));
  console.log(
    `\n${right} of ${images.length} held-out images are right: accuracy ${here} (in Python, after training: ${inTraining})`,
  );
  if (accuracy < 0.95) throw new Error(`the accuracy is ${here}, expected at least 0.95`);
  if (Math.abs(accuracy - report.accuracy) > 0.005)
    throw new Error(`the accuracy is ${here}, in Python it was ${inTraining}`);
}

async function stop(pidFlags) {
  title('Stop the server');
  await run(`model-server --stop ${pidFlags.join(' ')}`, SERVER, ['--stop', ...pidFlags], ROOT);
}

function printWhatToTry(urls, pidFlags) {
  title('The server goes on; try');
  console.log(`curl ${urls.inference}/ping
curl -T examples/digit-search/held-out/0001.png ${urls.inference}/predictions/embedding
curl ${urls.management}/models/embedding
curl -X PUT "${urls.management}/models/embedding?min_worker=2&synchronous=true"
curl -g "${urls.metrics}/metrics?name[]=ts_inference_requests_total"
npx model-server --stop ${pidFlags.join(' ')}`);
}

/** Flags for the addresses whose usual port is taken. */
async function otherPorts() {
  const names = Object.keys(ADDRESSES);
  const free = await Promise.all(names.map((name) => isFree(ADDRESSES[name])));
  return names.flatMap((name, index) => (free[index] ? [] : anyPort(name)));
}

function anyPort(name) {
  return [`--${name}-address`, 'http://127.0.0.1:0'];
}

/** Where the server says that it listens. */
function addressesIn(output) {
  return Object.fromEntries(
    Object.keys(ADDRESSES).map((name) => [name, new RegExp(`${name}\\s+(http://\\S+)`).exec(output)[1]]),
  );
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Runs one of our commands, shows what it prints, and resolves with it. */
function run(shown, script, args, cwd) {
  console.log(`$ ${shown}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${path.basename(script, '.js')} exited with ${code}`));
    });
  });
}

async function text(response) {
  const body = (await response.text()).trimEnd();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${body}`);
  return body;
}

async function inParallel(items, work) {
  const results = [];
  const queue = items.entries();
  const client = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return results;
}

function title(words) {
  console.log(`\n== ${words}\n`);
}
