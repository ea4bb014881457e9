#!/usr/bin/env node
/**
 * Both servers of this example as processes, as docker-compose.yml has them: packages prep, starts pred and prep, sends a picture
 * (the first argument; a cat by default), and prints its label and the five that are likeliest. `--keep` leaves the servers running.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const EXAMPLE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(EXAMPLE, '../..');
const PICTURES = [path.resolve(ROOT, '../shared/data/cat.jpg'), path.join(EXAMPLE, 'data/cat.jpg')];
/** Those of the pattern. */
const PORTS = { prep: 8000, http: 8001, grpc: 50051 };
const SHOWN = 5;
const [picture = PICTURES.find(existsSync)] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const keep = process.argv.includes('--keep');
const PATH = `${path.join(ROOT, 'node_modules/.bin')}${path.delimiter}${process.env.PATH}`;

await main().catch((error) => {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
});

async function main() {
  const temporary = await mkdtemp(path.join(tmpdir(), 'marserve-demo-'));
  const servers = [];
  try {
    title('Package prep');
    const files = '--extra-files labels.json,../data/cat.jpg';
    const flags = `--model-name prep --version 1.0 --handler prep.ts --config-file prep.yaml ${files}`;
    await run('model-archiver', `${flags} --export-path ${temporary}`.split(' '));

    title('Start pred, then prep');
    const { prep } = await startBoth(await freePorts(), { servers, temporary }).catch(async () => {
      // Somebody took one of the ports meanwhile.
      for (const server of servers.splice(0)) await stop(server);
      return startBoth(await otherPorts(), { servers, temporary });
    });
    await ask(`http://127.0.0.1:${prep}`);
    if (keep) await untilInterrupted();
  } finally {
    for (const server of servers.reverse()) await stop(server);
    await rm(temporary, { recursive: true, force: true });
  }
}

async function startBoth({ prep, http, grpc }, { servers, temporary }) {
  const common = { HOST: '127.0.0.1', TMPDIR: temporary, GRPC_PORT: grpc };
  servers.push(await start('pred/onnx_runtime_server_entrypoint.sh', { ...common, HTTP_PORT: http }));
  const place = { MODEL_STORE: temporary, API_ADDRESS: '127.0.0.1' };
  servers.push(await start('prep/run.sh', { ...common, PORT: prep, WORKERS: '1', ...place }));
  return { prep };
}

async function ask(prep) {
  title('Ask prep');
  await show(`${prep}/health`);
  await show(`${prep}/predict/test/label`);
  const name = path.relative(process.cwd(), picture);
  const body = JSON.stringify({ data: (await readFile(picture)).toString('base64') });
  const post = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  const { prediction: label } = await json(`${prep}/predict/label`, post);
  const { prediction } = await json(`${prep}/predict`, post);
  const labels = await json(`${prep}/label`);
  console.log(
    `$ echo "{\\"data\\": \\"$(base64 -w0 ${name})\\"}" | curl -d @- -H "content-type: application/json" ${prep}/predict/label`,
  );
  console.log(JSON.stringify({ prediction: label }));
  console.log(`\n${name} is: ${label}\n`);
  const ranked = prediction[0].map((probability, index) => ({ probability, label: labels[index] }));
  ranked.sort((one, other) => other.probability - one.probability);
  for (const { probability, label: each } of ranked.slice(0, SHOWN)) {
    const bar = '█'.repeat(Math.round(probability * 30));
    console.log(`${each.padEnd(14)} ${(100 * probability).toFixed(1).padStart(5)} %  ${bar}`);
  }
}

async function show(url) {
  console.log(`$ curl ${url}\n${JSON.stringify(await json(url))}`);
}

async function json(url, init) {
  const response = await fetch(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** Resolves when the server has started; its log is shown when it does not. */
async function start(script, variables) {
  const shown = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  console.log(`$ ${shown.join(' ')} ${script}`);
  const env = { ...process.env, PATH, ...variables };
  const child = spawn(path.join(EXAMPLE, script), [], {
    cwd: variables.TMPDIR,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = [];
  return new Promise((resolve, reject) => {
    const take = (line) => {
      lines.push(line);
      if (line.includes('Model server started.')) resolve(child);
    };
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}:\n${lines.join('\n')}`)));
  });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

async function untilInterrupted() {
  title('The servers go on; Ctrl+C ends them');
  // A promise alone keeps no process running.
  const running = setInterval(() => {}, 2 ** 30);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  clearInterval(running);
}

async function run(command, flags) {
  console.log(`$ ${command} ${flags.join(' ')}`);
  const child = spawn(command, flags, {
    cwd: path.join(EXAMPLE, 'prep'),
    env: { ...process.env, PATH },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
}

/** Those of the environment or of the pattern; others where they are taken. */
async function freePorts() {
  const { PORT = PORTS.prep, HTTP_PORT = PORTS.http, GRPC_PORT = PORTS.grpc } = process.env;
  const others = await otherPorts();
  const [prep, http, grpc] = await Promise.all([PORT, HTTP_PORT, GRPC_PORT].map((port) => portOf(Number(port))));
  return { prep: prep ?? others.prep, http: http ?? others.http, grpc: grpc ?? others.grpc };
}

async function otherPorts() {
  const [prep, http, grpc] = await Promise.all([portOf(0), portOf(0), portOf(0)]);
  return { prep, http, grpc };
}

function portOf(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const { port: found } = server.address();
      server.close(() => resolve(String(found)));
    });
  });
}

function title(words) {
  console.log(`\n== ${words}\n`);
}
