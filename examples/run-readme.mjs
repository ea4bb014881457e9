/** Runs the commands of an example's README.md, with a server at free ports, and compares what they answer with what it says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const BINARIES = path.resolve(import.meta.dirname, '../node_modules/.bin');
const ADDRESSES = ['inference', 'management', 'metrics']
  .map((name) => `--${name}-address http://127.0.0.1:0`)
  .join(' ');
const FAILING_CURL = 'curl() { command curl --silent --show-error --fail-with-body "$@"; }';

/**
 * The first command packages, into `model-store`, the second starts the server, the others ask it; where JSON or a text follows, that is their
 * answer. A command that fails, and another answer, end the process with 1.
 * @param {string} folder of the example
 */
export async function runReadme(folder) {
  try {
    await runExample(folder);
  } catch (error) {
    console.error(`\nThe demo failed: ${error.message}`);
    process.exitCode = 1;
  }
}

async function runExample(folder) {
  const temporary = await mkdtemp(path.join(tmpdir(), 'marserve-demo-'));
  const runHere = (command) => run(command, { folder, logs: temporary });
  const store = path.join(temporary, 'model-store');
  const pidFile = `--pid-file ${path.join(temporary, 'pid')}`;
  const [packaging, starting, ...requests] = blocksOf(await readFile(path.join(folder, 'README.md'), 'utf8'));
  try {
    await runHere(packaging.command.replaceAll('model-store', store));
    const start = starting.command.replace(
      '--model-store model-store',
      `--model-store ${store} ${pidFile} ${ADDRESSES}`,
    );
    const started = await runHere(start);
    try {
      for (const { command, answer } of requests) {
        checkAnswer(await runHere(atAddresses(command, started)), answer);
      }
    } finally {
      await runHere(`model-server --stop ${pidFile}`);
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Commands, and what the page says that they answer. */
function blocksOf(readme) {
  const found = [...readme.matchAll(/^```(bash|json|text)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => ({
    language,
    text,
  }));
  return found.flatMap(({ language, text }, index) =>
    language === 'bash' ? [{ command: text, answer: answerIn(found[index + 1]) }] : [],
  );
}

function answerIn(block) {
  if (block === undefined || block.language === 'bash') return undefined;
  return block.language === 'json' ? JSON.parse(block.text) : block.text.trimEnd();
}

/** The page has the usual ports; the server told its own. */
function atAddresses(command, started) {
  const ports = { inference: 8080, management: 8081, metrics: 8082 };
  return Object.entries(ports).reduce((text, [name, port]) => {
    const [, address] = new RegExp(`${name}\\s+(http://\\S+)`).exec(started) ?? [];
    return text.replaceAll(`http://127.0.0.1:${port}`, address);
  }, command);
}

function checkAnswer(output, answer) {
  if (answer === undefined || output === answer) return;
  if (typeof answer !== 'string' && isDeepStrictEqual(JSON.parse(output), answer)) return;
  throw new Error(`expected ${JSON.stringify(answer)}`);
}

/** In bash, as a reader of the page does; shows what it prints, and resolves with it. */
async function run(command, { folder, logs }) {
  console.log(`$ ${command.trimEnd()}`);
  const env = { ...process.env, PATH: `${BINARIES}${path.delimiter}${process.env.PATH}`, LOG_LOCATION: logs };
  const script = `set -e\n${FAILING_CURL}\n${command}`;
  const child = spawn('bash', ['-c', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
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
