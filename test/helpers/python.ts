/** Runs the Python programs of test/clients, which use the model clients of others, against a daemon. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMetWithin } from './within.ts';

const CLIENTS = new URL('../clients/', import.meta.url);
const environmentOf = (name = '.venv') => new URL(`../../${name}/`, import.meta.url);
const LIMITS = { timeout: 150_000, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const;

/**
 * Why tests with Python clients must be skipped; undefined when this machine has a Python that can hold them, installed
 * or not.
 */
export function missingPython(): string | undefined {
  if (existsSync(new URL('requirements.sha256', environmentOf()))) return undefined;
  const check = spawnSync('python3', [fileURLToPath(new URL('check_python.py', CLIENTS))], { encoding: 'utf8' });
  if (check.status === 0) return undefined;
  return check.error === undefined ? check.stderr.trim() : 'there is no python3';
}

/**
 * Runs a command that comes with the Python packages of test/clients to its end and resolves with what it printed.
 * @throws Error with what it printed when it fails, or takes too long
 */
export async function runPythonCommand(
  name: string,
  parameters: readonly string[],
  options: CommandOptions,
): Promise<string> {
  return runCommandIn(environmentOf(), [name, ...parameters], options);
}

interface CommandOptions {
  /** The folder that it runs in, and may leave files in. */
  readonly cwd: string;
  /** Longest time, in milliseconds; 150 s by default. */
  readonly timeout?: number;
}

/** The same of another environment than that of the clients. */
export function runPythonCommandIn(
  environment: string,
  command: readonly [name: string, ...parameters: string[]],
  cwd: string,
): Promise<string> {
  return runCommandIn(environmentOf(environment), command, { cwd });
}

async function runCommandIn(environment: URL, [name = '', ...parameters]: readonly string[], options: CommandOptions) {
  const command = fileURLToPath(new URL(`bin/${name}`, environment));
  if (!existsSync(command)) throw notInstalled();
  return new Promise<string>((resolve, reject) => {
    execFile(command, parameters, { ...LIMITS, ...options }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${name} failed:\n${stdout}${stderr}`, { cause: error }));
    });
  });
}

function notInstalled(): Error {
  return new Error('The Python clients are not installed: node scripts/setup.mjs --test');
}

/**
 * Runs a program of test/clients to its end and resolves with what it printed.
 * @param variables its environment, beside this process' own, such as the daemon's addresses
 * @param environment the virtual one, that of the clients by default
 * @throws Error with what it wrote to stderr when it fails, or takes longer than 150 s
 */
export async function runPython(
  program: string,
  variables: Readonly<Record<string, string>>,
  environment?: string,
): Promise<string> {
  const python = fileURLToPath(new URL('bin/python', environmentOf(environment)));
  if (!existsSync(python)) throw notInstalled();
  const env = { ...process.env, ...variables };
  return new Promise((resolve, reject) => {
    execFile(python, [fileURLToPath(new URL(program, CLIENTS))], { ...LIMITS, env }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} failed: ${lastLines(stderr) || error.message}`, { cause: error }));
    });
  });
}

/** A server of test/clients that runs. */
export interface PythonServer {
  /** What it wrote. */
  output(): string;
  /** Ends it. */
  close(): Promise<void>;
}

export interface PythonServerOptions {
  /** A program of test/clients; or, with its arguments, one that comes with a package. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Beside this process' own. */
  readonly variables: Readonly<Record<string, string>>;
  /** The environment, `.venv` by default. */
  readonly environment?: string;
  /** The folder that it runs in. */
  readonly cwd?: string;
  /** Whether it starts processes of its own, which end with it; default false. */
  readonly hasChildren?: boolean;
  /** Whether it answers. */
  readonly isReady: () => Promise<boolean>;
}

/** Starts a server and resolves when it answers. @throws Error with what it wrote when it ends before, or takes longer than 150 s */
export async function startPython(options: PythonServerOptions): Promise<PythonServer> {
  const { command, variables, environment, cwd, hasChildren = false, isReady } = options;
  const [program, ...args] = command;
  const bin = fileURLToPath(new URL('bin/', environmentOf(environment)));
  if (!existsSync(`${bin}python`)) throw notInstalled();
  const line = program.endsWith('.py')
    ? [`${bin}python`, fileURLToPath(new URL(program, CLIENTS)), ...args]
    : [`${bin}${program}`, ...args];
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: fileURLToPath(CLIENTS), ...variables };
  const stdio: ['pipe', 'pipe', 'pipe'] = ['pipe', 'pipe', 'pipe'];
  const child = spawn(line[0] ?? '', line.slice(1), { cwd, env, stdio, detached: hasChildren });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close');
  const server: PythonServer = {
    output: () => output,
    async close() {
      // A group of its own has its number.
      if (hasChildren && child.pid !== undefined) endGroup(child.pid);
      else child.kill('SIGKILL');
      await ended;
    },
  };
  const hasEnded = ended.then(() => true);
  const isThere = isMetWithin(LIMITS.timeout, isReady);
  if (await Promise.race([isThere.then((is) => !is), hasEnded])) {
    await server.close();
    throw new Error(`${command.join(' ')} did not start:\n${lastLines(output)}`);
  }
  return server;
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Of a long trace its end, which says what happened; generated code has very long lines. */
function lastLines(text: string): string {
  const lines = text.trim().split('\n').slice(-30);
  return lines.map((line) => line.slice(0, 500)).join('\n');
}
