/** Model clients of others, in a virtual environment (.venv), for the tests that run them against a real daemon. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { installDebianPackages } from './debian-packages.mjs';
import { SetupError, excerpt, inRoot, run, say } from './tools.mjs';

const DEBIAN_PACKAGES = ['python3-venv'];
const REQUIREMENTS = inRoot('test/clients/requirements.txt');
/** Not for every machine. */
const PERF_ANALYZER = inRoot('test/clients/perf-analyzer.txt');
const FOLDER = inRoot('.venv');
const PYTHON = inRoot('.venv/bin/python');
const INSTALL = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r'];
/** Hash of the requirements that are installed; written last. */
const STAMP = inRoot('.venv/requirements.sha256');

export async function providePythonClients() {
  const hash = createHash('sha256');
  for (const file of [REQUIREMENTS, PERF_ANALYZER]) hash.update(readFileSync(file));
  const wanted = hash.digest('hex');
  if (installedHash() === wanted) return;
  const obstacle = await whyPythonCannot();
  if (obstacle !== undefined) return say(`the tests with Python clients will be skipped: ${obstacle}`);
  say('installing Python clients for the tests (.venv)');
  rmSync(FOLDER, { recursive: true, force: true });
  await mustRun('python3', ['-m', 'venv', FOLDER]);
  await mustRun(PYTHON, [...INSTALL, REQUIREMENTS]);
  const { ok } = await run(PYTHON, [...INSTALL, PERF_ANALYZER]);
  if (!ok) say('the test with perf_analyzer will be skipped: there is none for this machine, it needs glibc 2.38');
  writeFileSync(STAMP, wanted);
}

/** Undefined where the environment was moved or its Python is gone, too. */
function installedHash() {
  return existsSync(STAMP) && existsSync(PYTHON) ? readFileSync(STAMP, 'utf8') : undefined;
}

async function whyPythonCannot() {
  const first = await checkPython();
  if (first.ok || !(await installDebianPackages(DEBIAN_PACKAGES))) return reasonOf(first);
  return reasonOf(await checkPython());
}

const checkPython = () => run('python3', [inRoot('test/clients/check_python.py')]);

const reasonOf = ({ ok, output }) => (ok ? undefined : output.includes('ENOENT') ? 'there is no python3' : output);

async function mustRun(program, args) {
  const { ok, output } = await run(program, args);
  if (!ok) throw new SetupError(`${program} ${args.join(' ')} failed:\n${excerpt(output)}`);
}
