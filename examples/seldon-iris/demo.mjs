#!/usr/bin/env node
/** Runs the commands of README.md, with a server at free ports, and compares what they answer with what it says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const EXAMPLE = path.dirname(fileURLToPath(import.meta.url));
const PATH = `${path.resolve(EXAMPLE, '../../node_modules/.bin')}${path.delimiter}${process.env.PATH}`;
const temporary = await mkdtemp(path.join(tmpdir(), 'marserve-demo-'));
const README = await readFile(path.join(EXAMPLE, 'README.md'), 'utf8');
const ADDRESSES = ['inference', 'management', 'metrics'].map((name) => `--${name}-address http://127.0.0.1:0`).join(' ');
const FAILING_CURL = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }';

await main().catch((error) => {
  console.error(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
});

async function main() {
  const store = path.join(temporary, 'model-store');
  const pidFile = `--pid-file ${path.join(temporary, 'pid')}`;
  const [packaging, starting, ...requests] = blocks();
  try {
    await run(packaging.command.replaceAll('model-store', store));
    const start = starting.command.replace('--model-store model-store', `--model-store ${store} ${pidFile} ${ADDRESSES}`);
    const [, inference] = /inference\s+(http:\/\/\S+)/.exec(await run(start)) ?? [];
    try {
      for (const { command, answer } of requests) await ask(command.replace('http://127.0.0.1:8080', inference), answer);
    } finally {
      await run(`model-server --stop ${pidFile}`);
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Commands, and what the page says that they answer. */
function blocks() {
  const found = [...README.matchAll(/^```(bash|json)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({ language, text }));
  return found.flatMap(({ language, text }, index) => {
    const next = found[index + 1];
    return language === 'bash' ? [{ command: text, answer: next?.language === 'json' ? JSON.parse(next.text) : undefined }] : [];
  });
}

async function ask(command, expected) {
  const answer = JSON.parse(await run(command));
  if (!isDeepStrictEqual(answer, expected)) throw new Error(`expected ${JSON.stringify(expected)}`);
}

/** In bash, as a reader of the page does; shows what it prints, and resolves with it. */
async function run(command) {
  console.log(`$ ${command.trimEnd()}`);
  const script = `set -e\n${FAILING_CURL}\n${command}`;
  const child = spawn('bash', ['-c', script], { cwd: EXAMPLE, env: { ...process.env, PATH, LOG_LOCATION: temporary }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the command ended with ${code}`);
  console.log('\n');
  return output;
}
