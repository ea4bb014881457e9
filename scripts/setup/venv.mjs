/** The virtual environments in which tests find Python clients and servers of others. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SetupError, excerpt, inRoot, run, say } from './tools.mjs';

/** A path in the one of the clients. */
export const inVenv = (...segments) => inRoot('.venv', ...segments);

/** Installs in the one of the clients. @returns {ReturnType<typeof run>} */
export const pipInstall = (...args) => pip(inVenv(), args);

const pip = (folder, args) =>
  run(pythonIn(folder), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...args]);

const pythonIn = (folder) => `${folder}/bin/python`;

/** Hash of the requirements that are installed; written last. */
const stampIn = (folder) => `${folder}/requirements.sha256`;

/** Whether it has what its requirements say; not where it was moved, or its Python is gone. */
export function isProvided({ folder, requirements }) {
  const stamp = stampIn(folder);
  return existsSync(stamp) && existsSync(pythonIn(folder)) && readFileSync(stamp, 'utf8') === hashOf(requirements);
}

/** Makes it anew. @param {{ folder: string, requirements: string, what: string }} environment @throws SetupError */
export async function provideEnvironment({ folder, requirements, what }) {
  say(`installing ${what} for the tests (${folder})`);
  rmSync(folder, { recursive: true, force: true });
  must(`making ${folder}`, await run('python3', ['-m', 'venv', folder]));
  must(`installing ${requirements}`, await pip(folder, ['-r', requirements]));
  writeFileSync(stampIn(folder), hashOf(requirements));
}

const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

function must(step, { ok, output }) {
  if (!ok) throw new SetupError(`${step} failed:\n${excerpt(output)}`);
}
