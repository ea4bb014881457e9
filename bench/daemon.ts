/** The real `model-server` in a process of its own, as a user starts it: on free loopback ports, with an empty work folder. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Bench } from './bench.ts';
import { send, untilAnswered } from './http.ts';
import type { ModelName } from './models/models.ts';

export interface Daemon {
  readonly pid: number;
  /** When the process was started, by `performance.now()`. */
  readonly started: number;
  /** Rejects when it ends. */
  readonly ended: Promise<never>;
  /** Addresses, without a slash at the end. */
  readonly inference: string;
  readonly management: string;
  readonly metrics: string;
  /** Resolves when `/ping` answers. @throws Error with the end of its log */
  ready(): Promise<void>;
  /** Registers an archive of the store. @throws Error with the server's answer */
  register(archive: string, options?: RegisterOptions): Promise<void>;
  /** The process ids of the workers of a model. */
  workerPids(model: string): Promise<number[]>;
  /** Ends it. */
  close(): Promise<void>;
}

/** Parameters of the management API. */
export interface RegisterOptions {
  /** Default the one in the archive. */
  readonly model_name?: string;
  readonly batch_size?: number;
  /** Milliseconds. */
  readonly max_batch_delay?: number;
  /** Default 1. */
  readonly initial_workers?: number;
}

/** Keys of config.properties. */
export type Settings = Readonly<Record<string, string>>;

const START_TIMEOUT_MS = 30_000;

/** Everything else is as it is by default; bare `node:http` writes no access log either. */
const SETTINGS = { access_log: 'off', log_format: 'json' };

/** Starts it, and ends it with the scenario; resolves when it answers. */
export async function startDaemon(bench: Bench, settings: Settings = {}): Promise<Daemon> {
  const daemon = await launchDaemon(bench, settings);
  await daemon.ready();
  return daemon;
}

/** A daemon with this model and one worker. */
export async function serve(bench: Bench, model: ModelName, options: RegisterOptions = {}): Promise<Daemon> {
  await bench.archive(model);
  const daemon = await startDaemon(bench);
  await daemon.register(model, options);
  return daemon;
}

/** Starts the process and does not wait. */
export async function launchDaemon(bench: Bench, settings: Settings = {}): Promise<Daemon> {
  const folder = await bench.folder();
  const addresses = await freeAddresses();
  await configure(folder, bench.store, { ...addresses, ...settings });
  const started = performance.now();
  const log = path.join(folder, 'daemon.log');
  const child = await spawnDaemon(bench, folder, log);
  const ended = whenEnded(child);
  ended.catch(() => {});
  const close = () => end(child);
  bench.defer(close);
  return {
    ...addresses,
    pid: child.pid ?? 0,
    started,
    ended,
    ready: () => ready(`${addresses.inference}/ping`, ended, log),
    register: (archive, options) => register(addresses.management, archive, options),
    workerPids: (model) => workerPids(addresses.management, model),
    close,
  };
}

type Addresses = Pick<Daemon, 'inference' | 'management' | 'metrics'>;

async function freeAddresses(): Promise<Addresses> {
  const [inference = '', management = '', metrics = ''] = await freePorts(3);
  return { inference, management, metrics };
}

/** Addresses of loopback whose ports nobody has. */
export async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports.map((port) => `http://127.0.0.1:${port}`);
}

/** Writes the `config.properties` that is read from the working folder. */
async function configure(folder: string, store: string, given: Addresses & Settings): Promise<void> {
  const { inference, management, metrics, ...more } = given;
  const settings = {
    ...SETTINGS,
    ...more,
    inference_address: inference,
    management_address: management,
    metrics_address: metrics,
    model_store: store,
    work_dir: path.join(folder, 'work'),
    pid_file: path.join(folder, 'pid'),
  };
  await mkdir(settings.work_dir);
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(path.join(folder, 'config.properties'), lines.join(''));
}

async function spawnDaemon({ checkout, env: extra }: Bench, cwd: string, logFile: string): Promise<ChildProcess> {
  const cli = path.join(checkout, 'packages/server/bin/model-server.js');
  const log = await open(logFile, 'w');
  try {
    const env = { ...process.env, ...extra };
    return spawn(process.execPath, [cli, '--foreground'], { cwd, env, stdio: ['ignore', log.fd, log.fd] });
  } finally {
    await log.close();
  }
}

async function whenEnded(child: ChildProcess): Promise<never> {
  await once(child, 'exit');
  throw new Error('it ended');
}

async function ready(url: string, ended: Promise<never>, log: string): Promise<void> {
  try {
    await untilAnswered(url, { timeoutMs: START_TIMEOUT_MS, ended });
  } catch (error) {
    throw new Error(`the server does not answer: ${(error as Error).message}. ${await endOf(log)}`, { cause: error });
  }
}

async function endOf(log: string): Promise<string> {
  return `Its log:\n${(await readFile(log, 'utf8').catch(() => '')).slice(-2000)}`;
}

async function register(management: string, archive: string, options: RegisterOptions = {}): Promise<void> {
  const parameters = { initial_workers: 1, ...options, url: `${archive}.mar` };
  const query = Object.entries(parameters).map(([key, value]) => `${key}=${value}`);
  await send(`${management}/models?${query.join('&')}`, { method: 'POST' });
}

async function workerPids(management: string, model: string): Promise<number[]> {
  const [version] = JSON.parse(await send(`${management}/models/${model}`)) as [{ workers: { pid: number }[] }];
  return version.workers.map(({ pid }) => pid);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
