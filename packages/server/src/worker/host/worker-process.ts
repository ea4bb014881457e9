/** Our end of the wire to one worker process: loads it, hands it batches, reads what it answers. */
import { ServeError } from '../../core/errors.ts';
import { largestBatch } from '../../core/jobs/batch-size.ts';
import type { Job } from '../../core/jobs/job.ts';
import type { Logger } from '../../core/logger.ts';
import type { ModelSignature } from '../../core/model-signature.ts';
import type {
  BatchEnd,
  PartListener,
  RowMerging,
  WorkerEvents,
  WorkerLink,
  WorkerSpec,
} from '../../core/workers/worker-link.ts';
import type { WorkerUsage } from '../../core/workers/recycle-policy.ts';
import { FrameReader, type FrameLimits } from '../../wire/frame.ts';
import { decodeWorkerMessage } from '../../wire/decode-worker-message.ts';
import { encodeMessage } from '../../wire/message.ts';
import type { LogMessage, WorkerMessage } from '../../wire/worker-message.ts';
import { WorkerChild, type ChildExit } from '../child/worker-child.ts';
import { BatchExchange } from './batch-exchange.ts';
import { frameLimits, loadMessage } from './load-message.ts';
import { Loading } from './loading.ts';
import type { SharedMemory } from './shared-memory.ts';
import { readPaced } from '../child/read-paced.ts';
import type { WorkerProcessOptions } from './worker-process-options.ts';
import type { WorkerSeat } from './worker-seat.ts';
import { writeCorked } from './write-corked.ts';

/** A small message takes as long as to read so many bytes. */
const FRAME_COST_BYTES = 200;

/** Core's link to a worker: one process from its start to its end. */
export class WorkerProcess implements WorkerLink {
  readonly ready: Promise<void>;
  readonly exited: Promise<string>;
  readonly #spec: WorkerSpec;
  readonly #events: WorkerEvents;
  readonly #logger: Logger;
  readonly #child: WorkerChild;
  readonly #memory: SharedMemory | undefined;
  readonly #loading: Loading;
  readonly #exchange: BatchExchange;
  /** Undefined where there are no front ends. */
  readonly #seat: WorkerSeat | undefined;
  #rows: RowMerging | undefined;
  #problem: string | undefined;
  #signature: ModelSignature | undefined;
  #isBuiltIn: boolean | undefined;
  #usedElsewhere: WorkerUsage | undefined;

  constructor(spec: WorkerSpec, events: WorkerEvents, options: WorkerProcessOptions) {
    this.#spec = spec;
    this.#events = events;
    this.#logger = options.logger.child({ model: spec.key.name, version: spec.key.version, worker: spec.workerId });
    this.#seat = options.seat?.({ ...spec, kill: (reason) => this.#child.kill(reason) });
    const message = loadMessage(spec, { ...options, sharing: this.#seat?.sharing });
    const { memory, ...spawned } = options.processes.take();
    this.#memory = memory;
    const onDropped = (lines: number) => events.linesDropped(lines);
    this.#child = new WorkerChild({ ...spawned, logger: this.#logger, onDropped });
    const seat = this.#seat;
    this.#exchange = new BatchExchange({
      send: (chunks) => this.#send(chunks),
      flush: () => this.#child.socket.uncork(),
      memory,
      logger: this.#logger,
      replyProblem: options.replyProblem,
      responseTimeoutMs: spec.responseTimeoutMs,
      onResponseTimeout: () => this.#onResponseTimeout(),
      ...(seat !== undefined && { isElsewhere: () => seat.isElsewhere() }),
      isReading: () => !this.#child.socket.isPaused(),
      isAnotherIdle: () => events.isAnotherIdle(),
    });
    this.#loading = new Loading(spec.startupTimeoutMs, () => this.#onStartupTimeout());
    this.ready = this.#loading.done;
    this.exited = this.#child.exited.then((exit) => this.#onExit(exit));
    this.#listen(frameLimits(options.maxResponseBytes, largestBatch(spec.batchSize, true)));
    this.#send(message);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get rows(): RowMerging | undefined {
    return this.#rows;
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

  run(jobs: readonly Job[], onPart: PartListener): Promise<BatchEnd> {
    return this.#exchange.run(jobs, onPart);
  }

  hasRoom(bytes: number): boolean {
    return this.#exchange.hasRoom(bytes);
  }

  async stop(): Promise<void> {
    await this.#seat?.vacate();
    await this.#child.stop(() => this.#send(encodeMessage({ kind: 'stop' })));
    await this.exited;
  }

  #send(chunks: readonly Uint8Array[]): void {
    writeCorked(this.#child.socket, chunks);
  }

  #listen(limits: FrameLimits): void {
    const reader = new FrameReader(limits);
    readPaced(this.#child.socket, (chunk) => (this.#child.isKilled ? chunk.length : this.#read(reader, chunk)));
  }

  /** What it costs beside answers, of which there are no more than batches, and parts of answers are taken by readers. */
  #read(reader: FrameReader, chunk: Buffer): number {
    let cost = 0;
    try {
      for (const frame of reader.push(chunk)) {
        const message = decodeWorkerMessage(frame);
        if (message.kind !== 'reply' && message.kind !== 'part') cost += FRAME_COST_BYTES + frame.headerBytes;
        this.#receive(message, frame.payload);
      }
    } catch (error) {
      this.#events.frameRefused();
      this.#child.kill(new ServeError('worker_died', 'Worker died: what it sent could not be read.', { cause: error }));
    }
    return cost;
  }

  #receive(message: WorkerMessage, payload: Buffer): void {
    if (this.#child.isKilled) return;
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
      case 'reply':
      case 'part':
      case 'givenBack':
        this.#exchange.receive(message, payload);
        break;
      case 'samples':
        this.#events.handlerSamples(message.samples);
        break;
      case 'log':
        this.#onLog(message);
        break;
      case 'rows':
        this.#rows = message.rows;
        break;
      case 'readiness':
        this.#problem = message.problem;
        break;
      case 'used':
        this.#usedElsewhere = message;
        this.#events.usedElsewhere();
        break;
      case 'turn':
        throw new Error('a turn that nobody wanted');
    }
  }

  /** What a handler logs while it runs a batch belongs to the requests of that batch. */
  #onLog({ level, message, fields }: LogMessage): void {
    const { requestIds } = this.#exchange;
    this.#child.log.add(level, message, { ...(requestIds && { requestIds }), ...(fields && { fields }) });
  }

  #onStartupTimeout(): void {
    const seconds = this.#spec.startupTimeoutMs / 1000;
    const message = `the handler was not ready after ${seconds} s (startup_timeout)`;
    this.#child.kill(new ServeError('worker_start_failed', message));
  }

  #onResponseTimeout(): void {
    const seconds = this.#spec.responseTimeoutMs / 1000;
    const message = `Worker died: it gave no answer within ${seconds} s (response_timeout) and was ended.`;
    this.#child.kill(new ServeError('response_timeout', message));
  }

  /** Everybody who waits for this process is told how it ended. */
  #onExit({ end, reason, killReason, wasStopped }: ChildExit): string {
    this.#memory?.close();
    this.#loading.abandon(killReason ?? new ServeError(wasStopped ? 'cancelled' : 'worker_start_failed', reason));
    // Its last words are for the log and the management: they may be about another client's request.
    const error = killReason ?? new ServeError('worker_died', `Worker died: ${end}.`);
    this.#seat?.close(error);
    this.#exchange.end(error);
    return reason;
  }
}
