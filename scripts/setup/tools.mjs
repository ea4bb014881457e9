/** What the steps of the set-up share: paths, messages, programs, and a memory between runs. */
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Something that stops the set-up; its message says what to do. */
export class SetupError extends Error {}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A path in the repository. */
export const inRoot = (...segments) => path.join(ROOT, ...segments);

/** One line a step. */
export const say = (message) => process.stdout.write(`setup: ${message}\n`);

/**
 * Runs a program, its output kept.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeoutMs?: number, isShown?: boolean }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>} not ok as well when it is missing or took too long
 */
export function run(program, args, { cwd = ROOT, env = {}, timeoutMs, isShown = false } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', ...Array(2).fill(isShown ? 'inherit' : 'pipe')],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, output: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

/** The npm that runs this script, or else the one on the path; for `run`. */
export function npm(...args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('npm-cli.js') ? [process.execPath, [script, ...args]] : ['npm', args];
}

/** Where a program lies, or undefined. */
export function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program's output, indented; of a long one the beginning and the end. */
export function excerpt(output, count = 15) {
  const lines = output.split('\n').map((line) => `    ${line}`);
  if (lines.length > 2 * count) lines.splice(count, lines.length - 2 * count, '    …');
  return lines.join('\n');
}

/** In node_modules, so that it goes when what it describes goes. */
const MEMORY = inRoot('node_modules/.marserve-setup.json');

export function recall() {
  try {
    return JSON.parse(readFileSync(MEMORY, 'utf8'));
  } catch {
    return {};
  }
}

export function remember(facts) {
  writeFileSync(MEMORY, `${JSON.stringify({ ...recall(), ...facts }, null, 2)}\n`);
}
