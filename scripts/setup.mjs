/**
 * Makes a fresh checkout ready: packages from npm, the bindings of faiss and SQLite, and what the flags ask for.
 * Runs before anything is installed, so it uses Node alone. Silent when there is nothing to do.
 *
 *     node scripts/setup.mjs [--build] [--test] [--bench]
 */
import { readFileSync } from 'node:fs';
import { build } from './setup/build.mjs';
import { provideFaiss } from './setup/faiss-binding.mjs';
import { provideH2load, provideWrk } from './setup/load-generators.mjs';
import { installPackages } from './setup/npm-packages.mjs';
import { providePostgres } from './setup/postgres.mjs';
import { providePrometheus } from './setup/prometheus.mjs';
import { providePythonClients } from './setup/python-clients.mjs';
import { provideSqlite } from './setup/sqlite-binding.mjs';
import { SetupError, inRoot } from './setup/tools.mjs';

const FLAGS = {
  '--build': 'compile the packages afterwards',
  '--test': 'provide what the tests need, too (promtool, prometheus, PostgreSQL, wrk and Python clients)',
  '--bench': 'provide what the benchmark needs, too (wrk and h2load)',
};

try {
  const flags = readFlags(process.argv.slice(2));
  checkNode();
  await installPackages();
  await provideFaiss();
  await provideSqlite();
  if (flags.has('--test')) await providePrometheus();
  if (flags.has('--test')) await providePostgres();
  if (flags.has('--test') || flags.has('--bench')) await provideWrk();
  if (flags.has('--bench')) await provideH2load();
  if (flags.has('--test')) await providePythonClients();
  if (flags.has('--build')) await build();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`setup: ${error.message}\n`);
  process.exitCode = 1;
}

function readFlags(args) {
  const unknown = args.filter((arg) => !(arg in FLAGS));
  if (unknown.length === 0) return new Set(args);
  const known = Object.entries(FLAGS).map(([flag, meaning]) => `\n  ${flag.padEnd(9)} ${meaning}`);
  throw new SetupError(`unknown argument ${unknown.join(' ')}. Known are:${known.join('')}`);
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const [wantedMajor, wantedMinor] = versionOf(engines.node);
  const [major, minor] = versionOf(process.versions.node);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new SetupError(
    `this is Node ${process.versions.node}; ${engines.node} is needed. Get it from https://nodejs.org`,
  );
}

function versionOf(text) {
  return /(\d+)\.(\d+)/.exec(text).slice(1).map(Number);
}
