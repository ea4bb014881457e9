/** Starts the process of a worker: its command line, its environment, its pipes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { createRequire } from 'node:module';
import { workerEnv, type WorkerEnvOptions } from './worker-env.ts';
import { MARK_VARIABLE } from './end-descendants.ts';

/** By its name, since the daemon may run from its bundle. */
const WORKER_MAIN = createRequire(import.meta.url).resolve('@marserve/server/worker');

/** What a worker's process is started with. */
export interface SpawnOptions extends WorkerEnvOptions {
  /** Threads that a library which computes should start, unless the environment says (`OMP_NUM_THREADS`). */
  readonly threads?: number;
  /** A file that the process inherits as its descriptor 4; undefined for none. */
  readonly memoryFd: number | undefined;
}

/** A process that was started, and how it is spoken to. */
export interface SpawnedWorker {
  /** The process; it may turn out not to start (event `error`). */
  readonly child: ChildProcess;
  /** Our end of the inherited socket pair. */
  readonly socket: Socket;
  /** Tells the processes that it starts from others; see `endDescendants`. */
  readonly mark: string;
}

/**
 * The worker's end of the socket pair is its file descriptor 3.
 * @throws Error when this process cannot open more files
 */
export function spawnWorker(options: SpawnOptions): SpawnedWorker {
  const mark = randomUUID();
  const [command, ...args] = [...diesWithParent(), process.execPath, ...NODE_OPTIONS, WORKER_MAIN];
  const child = spawn(command ?? process.execPath, args, {
    env: fullEnv(options, mark),
    // A session of its own, by which what it starts is found; see `endDescendants`.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', options.memoryFd ?? 'ignore'],
  });
  // Without a listener the event would end the daemon; what is to be said is said by `exitOf`, or below.
  child.on('error', () => {});
  // Undefined, whatever the types say, when the limit of open files is reached.
  const socket = (child.stdio as typeof child.stdio | undefined)?.[3];
  if (socket == null) throw new Error('its process could not be started: this server has too many open files');
  return { child, socket: socket as Socket, mark };
}

/**
 * The kernel ends the worker with the daemon, even when the handler is in an endless loop and could not notice: Linux
 * alone, by util-linux' setpriv. Elsewhere a worker ends itself when its socket closes.
 */
const diesWithParent = once((): string[] => {
  const prefix = ['setpriv', '--pdeathsig', 'KILL', '--'];
  const [command = '', ...args] = prefix;
  const isThere = process.platform === 'linux' && spawnSync(command, [...args, 'true']).status === 0;
  return isThere ? prefix : [];
});

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/**
 * Objects that live for a batch are few: the heap of the young ones may stay small. At 2 MB a worker that has served many requests
 * takes 7 MB less than at 16 MB, Node's default, and no more time; at 1 MB it takes half as much again. Threads that compile and collect
 * beside the first have memory of their own, which stays: with one instead of four, 4 MB less.
 */
const NODE_OPTIONS = ['--max-semi-space-size=2', '--v8-pool-size=1'];

/**
 * How glibc's malloc treats large blocks: those up to 32 MB, such as the payload of a batch, come from memory that is kept
 * for the next. By default it goes back to the kernel each time, and the worker took two and a half times as long to read 8 MB.
 */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: String(32 * 2 ** 20), MALLOC_TRIM_THRESHOLD_: String(128 * 2 ** 20) };

/** ONNX Runtime ≥ 1.29 writes telemetry files on Linux unless the real environment says otherwise. */
function fullEnv(options: SpawnOptions, mark: string): NodeJS.ProcessEnv {
  const { threads } = options;
  const limits = threads === undefined ? {} : { OMP_NUM_THREADS: String(threads) };
  return {
    ...MALLOC,
    ...limits,
    ...workerEnv(process.env, options),
    ORT_DISABLE_TELEMETRY: '1',
    [MARK_VARIABLE]: mark,
  };
}
