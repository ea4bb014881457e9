/** A virtual environment of Python, made once and kept. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

export interface VirtualEnvironment {
  /** Path of a program in it. */
  readonly program: (name: string) => string;
  /** Of Python and of what was asked for, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface EnvironmentOptions {
  readonly folder: string;
  /** As pip takes them, e.g. `mosec==0.9.8`. */
  readonly requirements: readonly string[];
  /** Hears that something is installed. */
  readonly onStep: (step: string) => void;
  /** Ends the installation. */
  readonly signal: AbortSignal;
}

const INSTALL_MS = 900_000;
const REASON_LINES = 3;
/** Hash of what is installed; written last. */
const STAMP = 'installed.sha256';

/** Installs what is not there yet. @throws Error with the reason why that is not possible */
export async function provideEnvironment(options: EnvironmentOptions): Promise<VirtualEnvironment> {
  const { folder, requirements } = options;
  const program = (each: string) => path.join(folder, 'bin', each);
  const stamp = path.join(folder, STAMP);
  const wanted = createHash('sha256').update(requirements.join('\n')).digest('hex');
  if ((await readFile(stamp, 'utf8').catch(() => '')) !== wanted || !(await works(program('python')))) {
    await install(options);
    await writeFile(stamp, wanted);
  }
  return { program, versions: await versionsOf(program('python'), requirements) };
}

/** An environment that was moved, or whose Python has been replaced, does not. */
function works(python: string): Promise<boolean> {
  return run(python, ['-m', 'pip', '--version']).then(
    () => true,
    () => false,
  );
}

async function install({ folder, requirements, onStep, signal }: EnvironmentOptions): Promise<void> {
  onStep(`installing ${requirements.join(', ')}`);
  await rm(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder], signal);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check'];
  await run(path.join(folder, 'bin/python'), [...pip, ...requirements], signal);
}

const VERSIONS = `
import importlib.metadata, json, platform, sys
print(json.dumps({"Python": platform.python_version(), **{name: importlib.metadata.version(name) for name in sys.argv[1:]}}))
`;

async function versionsOf(python: string, requirements: readonly string[]): Promise<Record<string, string>> {
  const names = requirements.map((requirement) => /^[\w.-]+/.exec(requirement)?.[0] ?? requirement);
  return JSON.parse(await run(python, ['-c', VERSIONS, ...names])) as Record<string, string>;
}

/** What it printed. @throws Error with the last lines of what it complained of */
async function run(program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { timeout: INSTALL_MS, killSignal: 'SIGKILL', signal })).stdout;
  } catch (error) {
    throw new Error(reasonOf(program, error as FailedRun), { cause: error });
  }
}

type FailedRun = NodeJS.ErrnoException & {
  readonly stderr?: string;
  readonly stdout?: string;
  readonly killed?: boolean;
};

function reasonOf(program: string, { code, killed, stderr, stdout, message }: FailedRun): string {
  if (code === 'ENOENT') return `there is no ${program}`;
  if (killed === true) return `${program} took longer than ${INSTALL_MS / 1000} s`;
  const lines = `${stdout ?? ''}\n${stderr ?? ''}`.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? message : lines.slice(-REASON_LINES).join(' ');
}
