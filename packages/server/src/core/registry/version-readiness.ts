/** Whether a version can serve, whether it is going to, and waiting for it. */
import { ServeError } from '../errors.ts';
import type { GoldenCheck } from '../golden/golden-check.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { ModelVersion } from '../model-version.ts';
import type { RegisteredVersion } from './registered-version.ts';
import type { WorkerRange } from './registration.ts';
import type { WorkerRunner } from '../workers/worker-runner.ts';

/**
 * - `ready`: a worker can take a request, and no other has been given up
 * - `idle`: no worker was asked for, or only on demand
 * - `starting`: the first workers are on their way, and none has failed
 * - `failed`: no worker can take a request, too few are left, or its golden requests are answered wrongly
 */
export type ReadinessState = 'ready' | 'idle' | 'starting' | 'failed';

/** Whether a version can serve, and why not. */
export interface Readiness {
  /** See `ReadinessState`. */
  readonly state: ReadinessState;
  /** Why it is not ready, a sentence without its end; undefined when it is. */
  readonly reason?: string;
}

/** What makes a version ready; a `RegisteredVersion` has it. */
export interface ReadinessParts {
  /** Its workers. */
  readonly serving: ModelVersion;
  /** What is known of its answers. */
  readonly golden: Pick<GoldenCheck, 'isOpen' | 'mismatch'>;
}

/** A version's readiness at this moment. */
export function readinessOf({ serving, golden }: ReadinessParts): Readiness {
  const workers = workerReadiness(serving);
  if (golden.mismatch !== undefined) return { state: 'failed', reason: golden.mismatch };
  if (workers.state !== 'ready' || !golden.isOpen) return workers;
  return { state: 'starting', reason: 'its golden requests have not been answered yet' };
}

/** Why a request to a version would not be run now; undefined where it would: one that starts its workers on demand is ready for that. */
export function whyNotServing(parts: ReadinessParts): string | undefined {
  const { state, reason = 'no workers were asked for' } = readinessOf(parts);
  return state === 'ready' || (state === 'idle' && parts.serving.canServe) ? undefined : reason;
}

function workerReadiness({ runners, workers }: ModelVersion): Readiness {
  const ready = runners.filter(isReady).length;
  const usable = runners.filter(({ canServe }) => canServe).length;
  const failure = firstLine(
    runners.findLast(({ lastError }) => lastError !== undefined)?.lastError ?? problemOf(runners),
  );
  if (workers.min === 0 && (ready > 0 || failure === undefined)) return { state: ready > 0 ? 'ready' : 'idle' };
  if (ready > 0 && usable >= workers.min) return { state: 'ready' };
  const count = `${ready} of ${Math.max(1, workers.min)} workers are ready`;
  if (failure !== undefined) return { state: 'failed', reason: `${count}: ${failure}` };
  return { state: 'starting', reason: count };
}

function isReady(runner: WorkerRunner): boolean {
  return isUp(runner) && runner.problem === undefined;
}

/** Its handler is there, whether it can answer or not. */
function isUp({ state }: WorkerRunner): boolean {
  return state === 'ready' || state === 'busy';
}

function problemOf(runners: readonly WorkerRunner[]): string | undefined {
  return runners.find((runner) => isUp(runner) && runner.problem !== undefined)?.problem;
}

/** A worker's last words, on further lines, may tell one client about another's request. */
function firstLine(text: string | undefined): string | undefined {
  return text?.split('\n', 1)[0];
}

/**
 * Sets the number of workers, and resolves when at least the least number is ready; or what is left of that, when
 * somebody else sets a lower one meanwhile.
 * @throws ServeError `worker_start_failed` as soon as one is not going to be, for now
 */
export async function scaleUntilReady(serving: ModelVersion, { min, max }: WorkerRange): Promise<void> {
  await serving.scale(min, max);
  await watchUntilReady(serving, () => Math.min(min, serving.workers.min));
}

/**
 * Resolves when so many workers are ready.
 * @throws ServeError `worker_start_failed` as soon as one is not going to be, for now
 */
export function whenReady(serving: ModelVersion, count: number): Promise<void> {
  return watchUntilReady(serving, () => count);
}

async function watchUntilReady(serving: ModelVersion, count: () => number): Promise<void> {
  let unwatch = () => {};
  try {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        const { ready, starting, problem } = observe(serving);
        if (ready >= count()) resolve();
        else if (ready + starting < count()) reject(new ServeError('worker_start_failed', problem));
      };
      unwatch = serving.watchWorkers(look);
      look();
    });
  } finally {
    unwatch();
  }
}

function observe({ runners }: ModelVersion): { ready: number; starting: number; problem: string } {
  return {
    ready: runners.filter(isUp).length,
    starting: runners.filter(({ state }) => state === 'starting').length,
    problem: runners.findLast(({ lastError }) => lastError !== undefined)?.lastError ?? 'Its workers were ended',
  };
}

/**
 * Workers that are told to end while they start do not fail.
 * @throws ServeError `worker_start_failed` when the version is not registered any more
 */
export function assertRegistered(registered: RegisteredVersion, registry: ModelRegistry): void {
  if (registry.find(registered.key) === registered) return;
  throw new ServeError('worker_start_failed', 'It was unregistered before its workers were ready');
}
