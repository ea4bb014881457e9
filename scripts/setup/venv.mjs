/** The virtual environment (.venv) in which tests find Python clients and the programs of others. */
import { inRoot, run } from './tools.mjs';

/** A path in the environment. */
export const inVenv = (...segments) => inRoot('.venv', ...segments);

export const PYTHON = inVenv('bin/python');

/** @returns {ReturnType<typeof run>} */
export const pipInstall = (...args) =>
  run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...args]);
