/** A version whose workers are in this process: they answer, fail or die when the test says so. */
import { onTestFinished } from 'vitest';
import { ServeError } from '../core/errors.ts';
import type { BatchChannel } from '../core/batch-dispatcher.ts';
import { STEADY_CALLER, type BatchEnd, type Caller, type Job, type JobRequest } from '../core/jobs/job.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { SETTINGS } from './version-settings.ts';
import { StartGate } from '../core/workers/start-gate.ts';
import { ModelVersion } from '../core/model-version.ts';
import type { RowMerging, WorkerLink } from '../core/workers/worker-link.ts';

/** A worker in this process: it answers, fails or dies when the test says so. */
export class ScriptedWorker implements WorkerLink, BatchChannel {
  readonly pid = 1;
  readonly channel = this;
  readonly ready: Promise<void>;
  readonly exited: Promise<string>;
  readonly batches: (readonly Job[])[] = [];
  isBuiltIn: boolean | undefined;
  rows: RowMerging | undefined;
  problem: string | undefined;
  becomeReady = () => {};
  failToStart = (_text: string) => {};
  /** What it throws, when there is something, instead of taking a batch or ending. */
  fault: Error | undefined;
  #exit = (_reason: string) => {};
  #refuseReady = (_error: ServeError) => {};
  #hasEnded = false;
  #turnStartedAt = 0;
  readonly #pending: { readonly batch: readonly Job[]; readonly resolve: (end: BatchEnd) => void }[] = [];

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.becomeReady = resolve;
      this.#refuseReady = reject;
      this.failToStart = (text) => {
        reject(new ServeError('worker_start_failed', text));
        this.#exit(text);
      };
    });
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  get isIdle(): boolean {
    return this.#pending.length === 0 && !this.#hasEnded;
  }

  get inFlight(): number {
    return this.#pending.length;
  }

  turnMs(now: number): number {
    return now - this.#turnStartedAt;
  }

  hasRoom(): boolean {
    return true;
  }

  run(batch: readonly Job[]): Promise<BatchEnd> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    if (this.#hasEnded) return Promise.resolve({ kind: 'untouched' });
    this.batches.push(batch);
    if (this.#pending.length === 0) this.#turnStartedAt = performance.now();
    return new Promise((resolve) => {
      this.#pending.push({ batch, resolve });
    });
  }

  /** Answers the running batch: each job with its own request id. */
  answer({ predictionMs = 0, residentBytes }: { predictionMs?: number; residentBytes?: number } = {}): void {
    const { batch, resolve } = this.#pending.shift() ?? {};
    this.#turnStartedAt = performance.now();
    const outcomes = (batch ?? []).map(({ request }) => ({
      ok: true as const,
      result: { meta: request.requestId, body: new Uint8Array() },
    }));
    const stages = { decodeMs: 0, handlerMs: 0, encodeMs: 0, predictionMs };
    resolve?.({ kind: 'answered', outcomes, stages, residentBytes });
  }

  die(reason: string): void {
    this.#hasEnded = true;
    const [running, ...untouched] = this.#pending.splice(0);
    running?.resolve({ kind: 'failed', error: new ServeError('worker_died', reason) });
    for (const { resolve } of untouched) resolve({ kind: 'untouched' });
    this.#refuseReady(new ServeError('cancelled', reason));
    this.#exit(reason);
  }

  stop(): Promise<void> {
    this.die('stopped');
    return this.fault === undefined ? Promise.resolve() : Promise.reject(this.fault);
  }
}

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
export const uncounted: Metrics = {
  requestReceived() {},
  jobDone() {},
  batchDone() {},
  handlerSamples() {},
  workerLoaded() {},
  workerDied() {},
  frameRefused() {},
  linesDropped() {},
  workerStopped() {},
  queueLength() {},
  workersReady() {},
  jobRetried() {},
  jobExpired() {},
  workerRecycled() {},
  autoscaled() {},
  versionRemoved() {},
};

export function createVersion(overrides: Partial<ModelVersion['settings']> = {}, key = { name: 'm', version: '1.0' }) {
  const workers: ScriptedWorker[] = [];
  const version = new ModelVersion({
    key,
    settings: { ...SETTINGS, batchSize: 4, jobQueueSize: 5, ...overrides },
    launch: () => {
      const worker = new ScriptedWorker();
      workers.push(worker);
      return worker;
    },
    nextWorkerId: () => String(9000 + workers.length),
    gate: new StartGate({ atOnce: 100 }),
    mayGrow: () => true,
    metrics: uncounted,
    logger: silent,
  });
  onTestFinished(async () => void (await version.close(0)));
  return { version, workers };
}

export async function createReadyVersion(count = 1, overrides: Partial<ModelVersion['settings']> = {}) {
  const created = createVersion(overrides);
  const scaled = created.version.scale(count, count);
  for (const worker of created.workers) worker.becomeReady();
  await scaled;
  return created;
}

interface SubmitOptions extends Pick<JobRequest, 'timeoutMs' | 'hasCompany' | 'isBackground'> {
  readonly caller?: Caller;
  /** Of its body; by default it has none. */
  readonly bytes?: number;
}

/** A caller that goes when the test says so. */
export class Client implements Caller {
  isGone = false;
  #listener = () => {};

  onGone(listener: () => void): void {
    this.#listener = listener;
  }

  go(): void {
    this.isGone = true;
    this.#listener();
  }
}

export function submit(version: ModelVersion, requestId: string, options: SubmitOptions = {}): Promise<unknown> {
  const { caller = STEADY_CALLER, bytes = 0, ...more } = options;
  const inputs = bytes === 0 ? [] : [{ name: 'body', contentType: '', chunks: [new Uint8Array(bytes)] }];
  const request = { operation: 'predict', requestId, codec: 'torchserve', headers: [], inputs, ...more } as const;
  const result = version.dispatcher.submit(request, caller);
  const meta = result.then((answer) => answer.meta);
  meta.catch(() => {});
  return meta;
}

/** Lets everything that is already decided happen. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const ids = (worker: ScriptedWorker | undefined) =>
  worker?.batches.map((batch) => batch.map(({ request }) => request.requestId));
