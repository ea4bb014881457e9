/** The launcher that core is given: a process for the runtimes that are there, a refusal for the others. */
import { ServeError } from '../../core/errors.ts';
import type { WorkerLauncher, WorkerLink } from '../../core/worker-link.ts';
import { WorkerProcess, type WorkerProcessOptions } from './worker-process.ts';

/** Makes the launcher for all workers of a server. */
export function createWorkerLauncher(options: WorkerProcessOptions): WorkerLauncher {
  return (spec, events) =>
    spec.runtime === 'node' ? new WorkerProcess(spec, events, options) : unavailable(spec.runtime);
}

function unavailable(runtime: string): WorkerLink {
  const advice = 'Package the model with a TypeScript or JavaScript handler (runtime "node").';
  const message = `the runtime "${runtime}" is not available on this server. ${advice}`;
  const error = new ServeError('worker_start_failed', message);
  return {
    pid: undefined,
    ready: Promise.reject(error),
    exited: Promise.resolve(message),
    run: () => Promise.reject(error),
    stop: () => Promise.resolve(),
  };
}
