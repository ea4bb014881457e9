/** Starts the process of a worker: its command line, its environment, its pipes. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const WORKER_MAIN = fileURLToPath(new URL('../process/main.js', import.meta.url));

export interface SpawnOptions {
  readonly modelDir: string;
  /** Names of environment variables that the worker must not see. */
  readonly hiddenEnv: RegExp | undefined;
}

export interface SpawnedWorker {
  readonly child: ChildProcess;
  /** Our end of the inherited socket pair. */
  readonly socket: Socket;
}

/** The worker's end of the socket pair is its file descriptor 3. */
export function spawnWorker({ modelDir, hiddenEnv }: SpawnOptions): SpawnedWorker {
  const child = spawn(process.execPath, ['--enable-source-maps', WORKER_MAIN], {
    cwd: modelDir,
    env: workerEnv(process.env, hiddenEnv),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  return { child, socket: child.stdio[3] as Socket };
}

/** ONNX Runtime ≥ 1.29 writes telemetry files on Linux unless the real environment says otherwise. */
function workerEnv(env: NodeJS.ProcessEnv, hidden: RegExp | undefined): NodeJS.ProcessEnv {
  const visible = Object.entries(env).filter(([name]) => !hidden?.test(name));
  return { ...Object.fromEntries(visible), ORT_DISABLE_TELEMETRY: '1' };
}
