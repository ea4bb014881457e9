/** `--stop`: asks the daemon to end, and waits until it has. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlConfig } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import { CliError } from './cli-error.ts';
import { identify } from '../process-identity.ts';
import { findDaemon, type DaemonRecord } from './pid-file.ts';

/** What the daemon may take beyond `shutdown_timeout`, which counts for its connections and its queues in turn. */
const MARGIN_SECONDS = 15;
const POLL_MS = 50;

/** @returns the sentence to print; TorchServe's. @throws CliError when it does not end, or is not ours to end */
export async function stop({ pidFile, shutdownTimeout }: ControlConfig): Promise<string> {
  const daemon = findDaemon(pidFile);
  if (daemon === undefined) return 'model-server is not currently running.';
  signal(daemon.pid);
  const seconds = 2 * shutdownTimeout + MARGIN_SECONDS;
  const deadline = Date.now() + seconds * 1000;
  // It gives its pid file up a moment before it ends.
  while (isAlive(daemon)) {
    if (Date.now() > deadline) {
      throw new CliError(
        `model-server (pid ${daemon.pid}) has not ended within ${seconds} s. To force it: kill -9 ${daemon.pid}`,
      );
    }
    await delay(POLL_MS);
  }
  return 'model-server has stopped.';
}

function isAlive({ pid, startTime }: DaemonRecord): boolean {
  const process = identify(pid);
  return process !== undefined && process.startTime === startTime;
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new CliError(`model-server (pid ${pid}) cannot be stopped by this user: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
