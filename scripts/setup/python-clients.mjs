/** Model clients of others, in a virtual environment (.venv), for the tests that run them against a real daemon. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { installDebianPackages } from './debian-packages.mjs';
import { providePerfAnalyzer } from './perf-analyzer.mjs';
import { SetupError, excerpt, inRoot, run, say } from './tools.mjs';
import { PYTHON, inVenv, pipInstall } from './venv.mjs';

const DEBIAN_PACKAGES = ['python3-venv'];
const REQUIREMENTS = inRoot('test/clients/requirements.txt');
/** Hash of the requirements that are installed; written last. */
const STAMP = inVenv('requirements.sha256');

export async function providePythonClients() {
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (installedHash() !== wanted) {
    const obstacle = await whyPythonCannot();
    if (obstacle !== undefined) return say(`the tests with Python clients will be skipped: ${obstacle}`);
    await install();
    writeFileSync(STAMP, wanted);
  }
  await providePerfAnalyzer();
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

async function install() {
  say('installing Python clients for the tests (.venv)');
  rmSync(inVenv(), { recursive: true, force: true });
  must('making .venv', await run('python3', ['-m', 'venv', inVenv()]));
  must(`installing ${REQUIREMENTS}`, await pipInstall('-r', REQUIREMENTS));
}

function must(step, { ok, output }) {
  if (!ok) throw new SetupError(`${step} failed:\n${excerpt(output)}`);
}
