/** Model clients and servers of others, in virtual environments, for the tests that run them against a real daemon. */
import { installDebianPackages } from './debian-packages.mjs';
import { providePerfAnalyzer } from './perf-analyzer.mjs';
import { inRoot, run, say } from './tools.mjs';
import { inVenv, isProvided, provideEnvironment } from './venv.mjs';

const DEBIAN_PACKAGES = ['python3-venv'];
const ENVIRONMENTS = [
  { folder: inVenv(), requirements: inRoot('test/clients/requirements.txt'), what: 'Python clients' },
  {
    folder: inRoot('.venv-mlserver'),
    requirements: inRoot('test/clients/requirements-mlserver.txt'),
    what: 'MLServer',
  },
  {
    folder: inRoot('.venv-seldon'),
    requirements: inRoot('test/clients/requirements-seldon.txt'),
    what: 'Seldon Core',
  },
];

export async function providePythonClients() {
  const wanted = ENVIRONMENTS.filter((environment) => !isProvided(environment));
  if (wanted.length > 0) {
    const obstacle = await whyPythonCannot();
    if (obstacle !== undefined) return say(`the tests with Python clients will be skipped: ${obstacle}`);
    // At a time: most of it is waiting for the network.
    await Promise.all(wanted.map(provideEnvironment));
  }
  await providePerfAnalyzer();
}

async function whyPythonCannot() {
  const first = await checkPython();
  if (first.ok || !(await installDebianPackages(DEBIAN_PACKAGES))) return reasonOf(first);
  return reasonOf(await checkPython());
}

const checkPython = () => run('python3', [inRoot('test/clients/check_python.py')]);

const reasonOf = ({ ok, output }) => (ok ? undefined : output.includes('ENOENT') ? 'there is no python3' : output);
