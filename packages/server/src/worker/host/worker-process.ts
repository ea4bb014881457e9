/** One worker process from its start to its end: loads its model, and keeps what it says of itself. */
import { ServeError } from '../../core/errors.ts';
import { largestBatch } from '../../core/jobs/batch-size.ts';
import type { Logger } from '../../core/logger.ts';
import type { ModelSignature } from '../../core/model-signature.ts';
import type { RowMerging, WorkerEvents, WorkerLink, WorkerSpec } from '../../core/workers/worker-link.ts';
import type { WorkerUsage } from '../../core/workers/recycle-policy.ts';
import { WorkerChild, type ChildExit } from '../child/worker-child.ts';
import { frameLimits, loadMessage } from './load-message.ts';
import { Loading } from './loading.ts';
import type { SharedMemory } from './shared-memory.ts';
import { WorkerConnection, type SideMessage } from './worker-connection.ts';
import type { WorkerProcessOptions } from './worker-process-options.ts';
import type { WorkerSeat } from './worker-seat.ts';

/** Core's link to a worker. */
export class WorkerProcess implements WorkerLink {
  readonly ready: Promise<void>;
  readonly exited: Promise<string>;
  readonly #spec: WorkerSpec;
  readonly #events: WorkerEvents;
  readonly #logger: Logger;
  readonly #child: WorkerChild;
  readonly #memory: SharedMemory | undefined;
  readonly #loading: Loading;
  readonly channel: WorkerConnection;
  /** Undefined where there are no front ends. */
  readonly #seat: WorkerSeat | undefined;
  #rows: RowMerging | undefined;
  #problem: string | undefined;
  #predictor: unknown;
  #signature: ModelSignature | undefined;
  #isBuiltIn: boolean | undefined;
  #usedElsewhere: WorkerUsage | undefined;

  constructor(spec: WorkerSpec, events: WorkerEvents, options: WorkerProcessOptions) {
    this.#spec = spec;
    this.#events = events;
    this.#logger = options.logger.child({ model: spec.key.name, version: spec.key.version, worker: spec.workerId });
    this.#seat = options.seat?.({ ...spec, kill: (reason) => this.#child.kill(reason) });
    const asksAhead = options.asked.limit;
    const message = loadMessage(spec, { ...options, asksAhead, sharing: this.#seat?.sharing });
    const { memory, ...spawned } = options.processes.take();
    this.#memory = memory;
    const onDropped = (lines: number) => events.linesDropped(lines);
    this.#child = new WorkerChild({ ...spawned, logger: this.#logger, onDropped });
    this.channel = this.#connect(options);
    this.#loading = new Loading(spec.startupTimeoutMs, () => this.#onStartupTimeout());
    this.ready = this.#loading.done;
    this.exited = this.#child.exited.then((exit) => this.#onExit(exit));
    this.channel.say(message);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get rows(): RowMerging | undefined {
    return this.#rows;
  }

  get predictor(): unknown {
    return this.#predictor;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  get isBuiltIn(): boolean | undefined {
    return this.#isBuiltIn;
  }

  get usedElsewhere(): WorkerUsage | undefined {
    return this.#usedElsewhere;
  }

  get signature(): ModelSignature | undefined {
    return this.#signature;
  }

  async stop(): Promise<void> {
    await this.#seat?.vacate();
    await this.#child.stop(() => this.channel.say({ kind: 'stop' }));
    await this.exited;
  }

  #connect({ maxResponseBytes, replyProblem, asked }: WorkerProcessOptions): WorkerConnection {
    const { key, batchSize, responseTimeoutMs } = this.#spec;
    const seat = this.#seat;
    return new WorkerConnection({
      socket: this.#child.socket,
      limits: frameLimits(maxResponseBytes, largestBatch(batchSize, true), asked.limit.askBytes),
      memory: this.#memory,
      logger: this.#logger,
      log: this.#child.log,
      replyProblem,
      key,
      asked,
      responseTimeoutMs,
      onResponseTimeout: (error) => this.#child.kill(error),
      ...(seat !== undefined && { isElsewhere: () => seat.isElsewhere() }),
      isAnotherIdle: () => this.#events.isAnotherIdle(),
      isIgnored: () => this.#child.isKilled,
      onMessage: (message) => this.#receive(message),
      onUnreadable: (error) => this.#onUnreadable(error),
    });
  }

  #onUnreadable(error: ServeError): void {
    this.#events.frameRefused();
    this.#child.kill(error);
  }

  #receive(message: SideMessage): void {
    switch (message.kind) {
      case 'loaded':
        this.#signature = message.signature;
        this.#isBuiltIn = message.isBuiltIn;
        this.#seat?.open();
        this.#loading.succeed();
        break;
      case 'loadFailed':
        this.#loading.fail(new ServeError('worker_start_failed', message.error.message));
        this.#logger.error('the handler failed to load', { stack: message.error.stack });
        break;
      case 'samples':
        this.#events.handlerSamples(message.samples);
        break;
      case 'rows':
        this.#rows = message.rows;
        break;
      case 'readiness':
        this.#problem = message.problem;
        this.#events.readinessChanged();
        break;
      case 'predictor':
        this.#predictor = message.report;
        if (message.isChanged) this.#events.predictorChanged();
        break;
      case 'used':
        this.#usedElsewhere = message;
        this.#events.usedElsewhere();
        break;
      case 'turn':
        throw new Error('a turn that nobody wanted');
    }
  }

  #onStartupTimeout(): void {
    const seconds = this.#spec.startupTimeoutMs / 1000;
    const message = `the handler was not ready after ${seconds} s (startup_timeout)`;
    this.#child.kill(new ServeError('worker_start_failed', message));
  }

  /** Everybody who waits for this process is told how it ended. */
  #onExit({ end, reason, killReason, wasStopped }: ChildExit): string {
    this.#memory?.close();
    this.#loading.abandon(killReason ?? new ServeError(wasStopped ? 'cancelled' : 'worker_start_failed', reason));
    // Its last words are for the log and the management: they may be about another client's request.
    const error = killReason ?? new ServeError('worker_died', `Worker died: ${end}.`);
    this.#seat?.close(error);
    this.channel.end(error);
    return reason;
  }
}
