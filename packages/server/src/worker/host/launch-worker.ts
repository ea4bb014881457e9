/** The launcher that core is given: a process for the runtimes that are there, a refusal for the others. */
import { ServeError, messageOf } from '../../core/errors.ts';
import type { WorkerLauncher, WorkerLink } from '../../core/workers/worker-link.ts';
import { WorkerProcess } from './worker-process.ts';
import type { WorkerProcessOptions } from './worker-process-options.ts';

/** Makes the launcher for all workers of a server. */
export function createWorkerLauncher(options: WorkerProcessOptions): WorkerLauncher {
  return (spec, events) => {
    if (spec.runtime !== 'node') return failedWorker(unavailable(spec.runtime));
    try {
      return new WorkerProcess(spec, events, options);
    } catch (error) {
      return failedWorker(messageOf(error));
    }
  };
}

function unavailable(runtime: string): string {
  const advice = 'Package the model with a TypeScript or JavaScript handler (runtime "node").';
  return `the runtime "${runtime}" is not available on this server. ${advice}`;
}

/** A worker that has failed before there was a process. */
function failedWorker(message: string): WorkerLink {
  const error = new ServeError('worker_start_failed', message);
  return {
    pid: undefined,
    ready: Promise.reject(error),
    exited: Promise.resolve(message),
    channel: undefined,
    stop: () => Promise.resolve(),
  };
}
