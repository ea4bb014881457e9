/** A real daemon in a process of its own, on free ports, with a model store of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { post } from './http.ts';

/** The command that users run. */
export const SERVER_CLI = fileURLToPath(new URL('../../packages/server/bin/model-server.js', import.meta.url));

export interface Daemon {
  readonly inference: string;
  readonly management: string;
  readonly metrics: string;
  /** Host and port. */
  readonly grpcInference: string;
  readonly grpcManagement: string;
  /** The folder it runs in, with everything that is its own. */
  readonly root: string;
  /** Its model store. */
  readonly store: string;
  /** Where it unpacks archives. */
  readonly workDir: string;
  readonly pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Resolves with the first line that contains the text, be it one of the past. */
  line(text: string): Promise<string>;
  /** Sends a signal and resolves with its exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** Ends it and deletes its files. */
  close(): Promise<void>;
}

export interface DaemonOptions {
  /** Lines of config.properties. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Further lines of config.properties, as they are. */
  readonly appended?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of an earlier daemon that this one goes on in; a new one by default. */
  readonly root?: string;
  /** A command and its arguments that run the daemon's own command line, which follows, in their own process. */
  readonly prefix?: readonly string[];
  /** The line of its log that it has started with; by default the last one, when the models of the start are registered. */
  readonly startedWith?: 'listening';
  /** Puts archives into the store before the start. */
  readonly fill?: (store: string) => Promise<unknown>;
}

/** Starts a daemon and resolves when it answers. @throws Error with its output when it does not start */
export async function startDaemon(options: DaemonOptions = {}): Promise<Daemon> {
  const root = options.root ?? (await mkdtemp(path.join(tmpdir(), 'marserve-test-')));
  const [store, workDir] = [path.join(root, 'store'), path.join(root, 'work')];
  await mkdir(store, { recursive: true });
  await options.fill?.(store);
  const configFile = path.join(root, 'config.properties');
  await writeFile(
    configFile,
    `${properties({ ...defaults(store, workDir, root), ...options.config })}${options.appended ?? ''}`,
  );
  const line = [process.execPath, SERVER_CLI, '--foreground', '--ts-config', configFile, ...(options.args ?? [])];
  const [command = '', ...args] = [...(options.prefix ?? []), ...line];
  const env = { ...process.env, LOG_LOCATION: path.join(root, 'logs'), ...options.env };
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = collectLines(child);
  try {
    await log.line(options.startedWith ?? 'Model server started.');
    // Its addresses are in the log, which may come behind.
    await log.line('listening');
  } catch (error) {
    child.kill('SIGKILL');
    if (options.root === undefined) await rm(root, { recursive: true, force: true });
    throw error;
  }
  return createDaemon({ child, log, store, workDir, root });
}

/** Registers `name.mar` of the store, for each name; with one worker, unless the query says otherwise. @throws Error with the answer when it is no success */
export async function registerModels({ management }: Daemon, names: readonly string[], query = ''): Promise<void> {
  for (const name of names) {
    const parameters = { url: `${name}.mar`, initial_workers: '1', ...Object.fromEntries(new URLSearchParams(query)) };
    const { status, text } = await post(`${management}/models?${new URLSearchParams(parameters).toString()}`);
    if (status !== 200) throw new Error(`${name} was not registered: ${text}`);
  }
}

function defaults(store: string, workDir: string, root: string): Record<string, string> {
  return {
    inference_address: 'http://127.0.0.1:0',
    management_address: 'http://127.0.0.1:0',
    metrics_address: 'http://127.0.0.1:0',
    grpc_inference_port: '0',
    grpc_management_port: '0',
    model_store: store,
    work_dir: workDir,
    pid_file: path.join(root, 'model-server.pid'),
    log_format: 'json',
  };
}

function properties(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${String(value)}\n`)
    .join('');
}

interface Log {
  output(): string;
  line(text: string): Promise<string>;
}

/** Lines of both streams; whoever waits for one is told when the process ends without it. */
function collectLines(child: ChildProcess): Log {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const wake = () => waiting.forEach((check) => check());
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      wake();
    });
  }
  child.once('close', () => {
    ended = true;
    wake();
  });
  const output = () => lines.join('\n');
  const line = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const check = () => {
        const found = lines.find((each) => each.includes(text));
        if (found === undefined && !ended) return;
        waiting.delete(check);
        if (found === undefined) reject(new Error(`the daemon ended without saying "${text}":\n${output()}`));
        else resolve(found);
      };
      waiting.add(check);
      check();
    });
  return { output, line };
}

interface Parts {
  readonly child: ChildProcess;
  readonly log: Log;
  readonly store: string;
  readonly workDir: string;
  readonly root: string;
}

function createDaemon({ child, log, store, workDir, root }: Parts): Daemon {
  const address = (name: string) => {
    const found = new RegExp(`"${name}":"([^"]+)"`).exec(log.output())?.[1];
    if (found === undefined) throw new Error(`no ${name} address in:\n${log.output()}`);
    return found;
  };
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
    return child.exitCode;
  };
  return {
    inference: address('inference'),
    management: address('management'),
    metrics: address('metrics'),
    grpcInference: address('grpc_inference').replace(/^grpcs?:\/\//, ''),
    grpcManagement: address('grpc_management').replace(/^grpcs?:\/\//, ''),
    root,
    store,
    workDir,
    pid: child.pid ?? 0,
    ...log,
    end,
    async close() {
      await end();
      await rm(root, { recursive: true, force: true });
    },
  };
}
