/** Model clients of others, in a virtual environment (.venv), for the tests that run them against a real daemon. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { installDebianPackages } from './debian-packages.mjs';
import { SetupError, excerpt, inRoot, run, say } from './tools.mjs';

const DEBIAN_PACKAGES = ['python3-venv'];
const REQUIREMENTS = inRoot('test/clients/requirements.txt');
const FOLDER = inRoot('.venv');
const PYTHON = inRoot('.venv/bin/python');
/** Hash of the requirements that are installed; written last. */
const STAMP = inRoot('.venv/requirements.sha256');

export async function providePythonClients() {
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (installedHash() === wanted) return;
  const obstacle = await whyPythonCannot();
  if (obstacle !== undefined) return say(`the tests with Python clients will be skipped: ${obstacle}`);
  say('installing Python clients for the tests (.venv)');
  rmSync(FOLDER, { recursive: true, force: true });
  await mustRun('python3', ['-m', 'venv', FOLDER]);
  await mustRun(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
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
