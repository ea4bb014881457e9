/** A version as a front end serves it: its own queue and batches, and the workers that the main process has started. */
import type { AdmittingVersion } from '../../core/admission.ts';
import { BatchDispatcher } from '../../core/batch-dispatcher.ts';
import { ServeError } from '../../core/errors.ts';
import { largestBatch } from '../../core/jobs/batch-size.ts';
import { VersionStatistics, type VersionFigures } from '../../core/jobs/version-statistics.ts';
import type { Logger } from '../../core/logger.ts';
import type { Metrics } from '../../core/metrics.ts';
import type { InflightLimit } from '../../core/inflight-bytes.ts';
import type { ModelKey } from '../../core/model-key.ts';
import type { ModelRoute } from '../../core/registry/model-routes.ts';
import type { VersionSettings } from '../../core/registry/version-settings.ts';
import { startTimer } from '../../core/timer.ts';
import { BoardReader } from '../../worker/host/board-reader.ts';
import { frameLimits } from '../../worker/host/load-message.ts';
import type { WorkerProcessOptions } from '../../worker/host/worker-process-options.ts';
import type { VersionDemand, VersionState, WorkerState } from '../messages.ts';
import { receivedError } from '../sent-error.ts';
import { ConnectedWorker } from './connected-worker.ts';
import { ConnectedWorkers } from './connected-workers.ts';
import { shareOf } from '../share-of.ts';

/** What the versions of a front end have in common. */
export interface ServedVersionParts {
  /** The number of this front end, from 1. */
  readonly number: number;
  /** How many there are. */
  readonly count: number;
  /** Longest answer to one request. */
  readonly maxResponseBytes: number;
  /** See `WorkerProcessOptions`. */
  readonly replyProblem: WorkerProcessOptions['replyProblem'];
  /** See `WorkerProcessOptions`. */
  readonly asked: WorkerProcessOptions['asked'];
  /** Where it is told what happens. */
  readonly metrics: Metrics;
  /** Each version makes its own of it. */
  readonly logger: Logger;
  /** Called when a worker's process is to be ended, and why. */
  readonly onWorkerFailed: (seat: number, error: ServeError) => void;
  /** Called when a worker was given up, or is gone. */
  readonly onWorkerLeft: () => void;
  /** Called when a job waits, and there is no worker. */
  readonly onFirstDemand: () => void;
}

/** From the moment the main process tells of it until nothing of it is left here. */
export class ServedVersion implements AdmittingVersion {
  readonly key: ModelKey;
  readonly serial: number;
  readonly serving: AdmittingVersion['serving'];
  readonly golden: AdmittingVersion['golden'];
  readonly #parts: ServedVersionParts;
  readonly #settings: VersionSettings;
  readonly #statistics: { current: VersionStatistics } = { current: new VersionStatistics() };
  readonly #board: BoardReader;
  readonly #workers: ConnectedWorkers;
  readonly #dispatcher: BatchDispatcher;
  readonly #watchers = new Set<() => void>();
  #state: VersionState;
  #abandoned: ServeError | undefined;
  #closed: Promise<void> | undefined;
  /** Called when its workers have changed. */
  readonly #changed: (() => void)[] = [];

  constructor(state: VersionState, parts: ServedVersionParts) {
    const { key } = state;
    this.key = key;
    this.serial = state.serial;
    this.#state = state;
    this.#parts = parts;
    const { jobQueueSize, maxInflight } = state.settings;
    this.#settings = {
      ...state.settings,
      jobQueueSize: shareOf(jobQueueSize, parts),
      // Of a few, each can have one all the same: 0 is no limit.
      maxInflight: maxInflight === 0 ? 0 : Math.max(1, shareOf(maxInflight, parts)),
    };
    this.#board = new BoardReader(state.board);
    const logger = parts.logger.child({ model: key.name, version: key.version });
    this.#workers = new ConnectedWorkers({
      peer: parts.number,
      board: this.#board,
      connect: (worker) => this.#connect(worker, logger),
      hasWaitingJobs: () => this.#dispatcher.queue.length > 0,
      onLeft: parts.onWorkerLeft,
    });
    this.#dispatcher = new BatchDispatcher({
      key,
      settings: this.#settings,
      pool: this.#workers,
      refusals: { ofNew: () => this.#refusal, ofWaiting: () => this.#abandoned ?? this.#refusal },
      queueLimit: `the share of one of ${parts.count} front ends in job_queue_size, ${jobQueueSize}`,
      inflightLimit: `the share of one of ${parts.count} front ends in max_inflight, ${maxInflight}`,
      onSubmitted: () => this.#onSubmitted(),
      metrics: parts.metrics,
      statistics: this.#countedIn(),
      logger,
    });
    this.serving = { dispatcher: this.#dispatcher };
    this.golden = this.#createGolden();
    this.#workers.update(state.workers);
  }

  /** The seats of the workers that it is connected to. */
  get seats(): readonly number[] {
    return this.#workers.seats;
  }

  /** Paths that its handler answers itself. */
  get routes(): readonly ModelRoute[] {
    return this.#state.routes;
  }

  /** The model whose answers it explains to clients of that. */
  get explains(): string | undefined {
    return this.#state.explains;
  }

  /** How much it may ask other models at a time, here. */
  get inflightLimit(): InflightLimit {
    const { maxInflightBytes: ofOne } = this.#settings;
    return { bytes: ofOne === 0 ? 0 : Math.max(1, shareOf(ofOne, this.#parts)), ofOne };
  }

  /** Whether this is said of it, and not of one that was registered under its key later. */
  isOf({ serial, board }: VersionState): boolean {
    return serial === this.serial && board === this.#state.board;
  }

  /** What it needs of workers; undefined when their number is fixed. */
  get demand(): VersionDemand | undefined {
    if (!this.#state.scales) return undefined;
    const now = performance.now();
    const { first } = this.#dispatcher.queue;
    const saturatedMs = now - this.#dispatcher.lastSaturatedAt;
    return { key: this.key, saturatedMs, ...(first !== undefined && { waitedMs: now - first.arrivedAt }) };
  }

  /** Jobs that wait here. */
  get queueLength(): number {
    return this.#dispatcher.queue.length;
  }

  /** What has become of its jobs since the last call. */
  takeFigures(): VersionFigures {
    const figures = this.#statistics.current.read();
    this.#statistics.current = new VersionStatistics();
    return figures;
  }

  /** Takes over what the main process says of it now. */
  update(state: VersionState): void {
    this.#state = state;
    this.#workers.update(state.workers);
    for (const watcher of this.#watchers) watcher();
    this.#dispatcher.dispatch();
  }

  /** A worker's process has ended. */
  workerGone(seat: number, error: ServeError): void {
    this.#workers.find(seat)?.ended(error);
  }

  /** Finishes what waits and runs, and gives up its workers; what is not finished in time is failed. */
  async close(timeoutMs: number): Promise<void> {
    const timer = startTimer(() => this.#abandon(), timeoutMs);
    this.#closed ??= this.#finish();
    await this.#closed;
    clearTimeout(timer);
  }

  async #finish(): Promise<void> {
    this.#workers.update([]);
    while (this.seats.length > 0) await new Promise<void>((resolve) => this.#changed.push(resolve));
    this.#abandon();
    this.#board.close();
    this.#parts.metrics.versionRemoved(this.key);
  }

  #connect(worker: WorkerState, logger: Logger): ConnectedWorker {
    const { number, maxResponseBytes, replyProblem, asked, metrics, onWorkerFailed } = this.#parts;
    const { responseTimeoutMs, batchSize } = this.#settings;
    return new ConnectedWorker({
      worker,
      peer: number,
      board: this.#board,
      responseTimeoutMs,
      limits: frameLimits(maxResponseBytes, largestBatch(batchSize, true), asked.limit.askBytes),
      replyProblem,
      key: this.key,
      asked,
      logger: logger.child({ worker: worker.workerId }),
      isAnotherIdle: () => this.#workers.idle() !== undefined,
      onChange: () => this.#onWorkersChanged(),
      onFailed: (error) => onWorkerFailed(worker.seat, error),
      onDropped: (lines) => metrics.linesDropped(this.key, lines),
    });
  }

  #onWorkersChanged(): void {
    this.#dispatcher.dispatch();
    for (const resolve of this.#changed.splice(0)) resolve();
  }

  #onSubmitted(): void {
    if (this.#state.scales && this.#workers.readyCount === 0) this.#parts.onFirstDemand();
  }

  get #refusal(): ServeError | undefined {
    const { refusal } = this.#state;
    return refusal && receivedError(refusal);
  }

  /** The main process asks the golden requests; what they say is in its state. */
  #createGolden(): AdmittingVersion['golden'] {
    const state = () => this.#state;
    const assertRight = () => {
      const { mismatch } = this.#state;
      if (mismatch !== undefined) throw receivedError(mismatch);
    };
    return {
      get isOpen() {
        return state().isOpen;
      },
      assertRight,
      hold: async (answer) => {
        const result = await answer;
        while (this.#state.isOpen && this.#abandoned === undefined) {
          await new Promise<void>((resolve) => {
            const watcher = () => {
              this.#watchers.delete(watcher);
              resolve();
            };
            this.#watchers.add(watcher);
          });
        }
        assertRight();
        return result;
      },
    };
  }

  #abandon(): void {
    if (this.#abandoned !== undefined) return;
    this.#abandoned = new ServeError('shutting_down', `Model "${this.key.name}" is being removed`);
    for (const watcher of this.#watchers) watcher();
    this.#dispatcher.dispatch();
    this.#workers.closeNow();
  }

  /** The sums begin anew whenever they are taken. */
  #countedIn(): Pick<VersionStatistics, 'succeeded' | 'failed' | 'batchAnswered'> {
    const statistics = this.#statistics;
    return {
      succeeded: (queueMs, totalMs) => statistics.current.succeeded(queueMs, totalMs),
      failed: (totalMs) => statistics.current.failed(totalMs),
      batchAnswered: (batch) => statistics.current.batchAnswered(batch),
    };
  }
}
