/** Our end of one worker process: loads it, hands it batches, watches the clock, notices its end. */
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { ServeError } from '../../core/errors.ts';
import type { Job, JobRunner } from '../../core/jobs/job.ts';
import type { PartAmount } from '../../core/jobs/part-stream.ts';
import type { Logger } from '../../core/logger.ts';
import type { ModelSignature } from '../../core/model-signature.ts';
import { startTimer } from '../../core/timer.ts';
import type {
  BatchEnd,
  PartListener,
  RowMerging,
  WorkerEvents,
  WorkerLink,
  WorkerSpec,
} from '../../core/workers/worker-link.ts';
import { FrameReader, type FrameLimits } from '../../wire/frame.ts';
import { decodeWorkerMessage } from '../../wire/decode-worker-message.ts';
import { encodeMessage } from '../../wire/message.ts';
import type { LogMessage, PartMessage, ReplyMessage, WorkerMessage } from '../../wire/worker-message.ts';
import { batchReply, jobPart, runFrame } from './batch-message.ts';
import type { Deferred } from './deferred.ts';
import { frameLimits, loadMessage } from './load-message.ts';
import { PendingBatches } from './pending-batches.ts';
import type { SharedMemory } from './shared-memory.ts';
import { spawnWorker } from './spawn-worker.ts';
import { readPaced } from './read-paced.ts';
import { endDescendants } from './end-descendants.ts';
import { exitOf } from './worker-exit.ts';
import type { WorkerProcessOptions } from './worker-process-options.ts';
import { WorkerLog } from './worker-log.ts';
import { LineTail, readLines } from './worker-output.ts';
import { writeCorked } from './write-corked.ts';

/** How long a worker that was asked to end may take before it is killed. */
const STOP_GRACE_MS = 2000;
/** How long a process may live without its socket: one that dies loses the socket first. */
const UNREACHABLE_GRACE_MS = 1000;
/** A small message takes as long as to read so many bytes. */
const FRAME_COST_BYTES = 200;
/** So much is in the worker's socket at once: what is said behind it, such as that it is taken back, is not held up. */
const MOST_BYTES = 64 * 1024;
/** Core's link to a worker, and what runs jobs in it: one process from its start to its end. */
export class WorkerProcess implements WorkerLink, JobRunner {
  readonly ready: Promise<void>;
  readonly exited: Promise<string>;
  /** Resolves when nothing is left of the processes that its handler started. */
  readonly #descendantsEnded: Promise<void>;
  readonly #spec: WorkerSpec;
  readonly #replyProblem: WorkerProcessOptions['replyProblem'];
  readonly #events: WorkerEvents;
  readonly #logger: Logger;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #memory: SharedMemory | undefined;
  readonly #tail = new LineTail();
  readonly #log: WorkerLog;
  #loading: Deferred<void> | undefined;
  #startupTimer: NodeJS.Timeout | undefined;
  readonly #pending: PendingBatches;
  #lastId = 0;
  /** Why we killed it, if we did. */
  #killReason: ServeError | undefined;
  #isStopping = false;
  #rows: RowMerging | undefined;
  #signature: ModelSignature | undefined;

  constructor(spec: WorkerSpec, events: WorkerEvents, options: WorkerProcessOptions) {
    this.#spec = spec;
    this.#events = events;
    this.#replyProblem = options.replyProblem;
    this.#logger = options.logger.child({ model: spec.key.name, version: spec.key.version, worker: spec.workerId });
    this.#log = new WorkerLog({ logger: this.#logger, onDropped: (lines) => events.linesDropped(lines) });
    const mark = randomUUID();
    const message = loadMessage(spec, options);
    const { child, socket, memory } = spawnWorker({ ...options, modelDir: spec.modelDir, mark });
    this.#child = child;
    this.#socket = socket;
    this.#memory = memory;
    this.#pending = new PendingBatches({
      responseTimeoutMs: spec.responseTimeoutMs,
      onResponseTimeout: () => this.#onResponseTimeout(),
      isReading: () => !this.#socket.isPaused(),
      isAnotherIdle: () => events.isAnotherIdle(),
      askBack: (id) => this.#send(encodeMessage({ kind: 'takeBack', id })),
    });
    this.ready = this.#load(message);
    this.exited = exitOf(child).then((end) => this.#onExit(end));
    this.#descendantsEnded = this.exited.then(() => endDescendants({ mark, session: child.pid }));
    this.#listen(frameLimits(options.maxResponseBytes, spec.batchSize));
    this.#logger.debug('worker started', { pid: child.pid });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get rows(): RowMerging | undefined {
    return this.#rows;
  }

  get signature(): ModelSignature | undefined {
    return this.#signature;
  }

  run(jobs: readonly Job[], onPart: PartListener): Promise<BatchEnd> {
    for (const job of jobs) job.runner = this;
    return new Promise((resolve) => {
      const id = (this.#lastId += 1);
      const { frame, place } = runFrame(id, jobs, this.#memory);
      const release = () => {
        if (place !== undefined) this.#memory?.release(place);
      };
      const bytes = frame.reduce((sum, chunk) => sum + chunk.byteLength, 0);
      this.#pending.add({ id, jobs, onPart, bytes, sentAt: performance.now(), resolve, release });
      this.#send(frame);
    });
  }

  cancel(job: Job): void {
    const place = this.#pending.placeOf(job);
    if (place !== undefined) this.#send(encodeMessage({ kind: 'cancel', ...place }));
  }

  taken(job: Job, amount: PartAmount): void {
    const place = this.#pending.placeOf(job);
    if (place !== undefined) this.#send(encodeMessage({ kind: 'taken', ...place, ...amount }));
  }

  hasRoom(bytes: number): boolean {
    return this.#memory?.hasRoom(bytes) === true || this.#pending.bytes + bytes <= MOST_BYTES;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#send(encodeMessage({ kind: 'stop' }));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
    await this.#descendantsEnded;
  }

  #load(message: readonly Uint8Array[]): Promise<void> {
    this.#send(message);
    this.#startupTimer = startTimer(() => this.#onStartupTimeout(), this.#spec.startupTimeoutMs);
    return new Promise((resolve, reject) => {
      this.#loading = { resolve, reject };
    });
  }

  #send(chunks: readonly Uint8Array[]): void {
    writeCorked(this.#socket, chunks);
  }

  #listen(limits: FrameLimits): void {
    const reader = new FrameReader(limits);
    readPaced(this.#socket, (chunk) => (this.#killReason === undefined ? this.#read(reader, chunk) : chunk.length));
    // A worker that dies takes its end of the pair with it; `exited` is what counts.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => setTimeout(() => this.#onUnreachable(), UNREACHABLE_GRACE_MS).unref());
    if (this.#child.stdout) readLines(this.#child.stdout, (line) => this.#log.add('info', line));
    if (this.#child.stderr) readLines(this.#child.stderr, (line) => this.#onErrorLine(line));
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
      this.#kill(new ServeError('worker_died', 'Worker died: what it sent could not be read.', { cause: error }));
    }
    return cost;
  }

  #onErrorLine(line: string): void {
    this.#tail.add(line);
    this.#log.add('warn', line);
  }

  #receive(message: WorkerMessage, payload: Buffer): void {
    if (this.#killReason !== undefined) return;
    switch (message.kind) {
      case 'loaded':
        this.#signature = message.signature;
        this.#endLoading().resolve();
        break;
      case 'loadFailed':
        this.#endLoading().reject(new ServeError('worker_start_failed', message.error.message));
        this.#logger.error('the handler failed to load', { stack: message.error.stack });
        break;
      case 'reply':
        this.#onReply(message, payload);
        break;
      case 'part':
        this.#onPart(message, payload);
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
      case 'givenBack':
        this.#pending.givenBack(message.ids);
    }
  }

  #endLoading(): Deferred<void> {
    const loading = this.#loading;
    if (loading === undefined) throw new Error('the end of a loading that has ended');
    this.#loading = undefined;
    clearTimeout(this.#startupTimer);
    return loading;
  }

  #onReply(message: ReplyMessage, payload: Buffer): void {
    const pending = this.#pending.current;
    const { done } = this.#pending;
    const context = { jobs: pending?.jobs ?? [], done, logger: this.#logger, replyProblem: this.#replyProblem };
    const reply = pending?.id === message.id ? batchReply(message, payload, context) : undefined;
    const answered = this.#pending.answered(message.id);
    if (answered === undefined || reply === undefined) return;
    answered.resolve(reply);
  }

  #onPart(message: PartMessage, payload: Buffer): void {
    const job = this.#pending.current?.jobs[message.request];
    const context = { job, logger: this.#logger, replyProblem: this.#replyProblem };
    this.#pending.part(message.id, message.request, jobPart(message, payload, context));
  }

  /** What a handler logs while it runs a batch belongs to the requests of that batch. */
  #onLog({ level, message, fields }: LogMessage): void {
    const requestIds = this.#pending.current?.jobs.map(({ request }) => request.requestId);
    this.#log.add(level, message, { ...(requestIds && { requestIds }), ...(fields && { fields }) });
  }

  #onStartupTimeout(): void {
    const seconds = this.#spec.startupTimeoutMs / 1000;
    const message = `the handler was not ready after ${seconds} s (startup_timeout)`;
    this.#kill(new ServeError('worker_start_failed', message));
  }

  #onResponseTimeout(): void {
    const seconds = this.#spec.responseTimeoutMs / 1000;
    const message = `Worker died: it gave no answer within ${seconds} s (response_timeout) and was ended.`;
    this.#kill(new ServeError('response_timeout', message));
  }

  /** A process that lives on without its socket, such as one whose handler closed it. */
  #onUnreachable(): void {
    const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (hasEnded || this.#isStopping) return;
    this.#kill(new ServeError('worker_died', 'Worker died: it closed its connection to the server.'));
  }

  #kill(reason: ServeError): void {
    if (this.#killReason !== undefined) return;
    this.#killReason = reason;
    this.#logger.error('worker is being killed', { reason: reason.message, error: reason.cause });
    this.#child.kill('SIGKILL');
  }

  /** Everybody who waits for this process is told how it ended. */
  #onExit(end: string): string {
    const reason = this.#killReason?.message ?? withErrorOutput(end, this.#tail.toString());
    clearTimeout(this.#startupTimer);
    this.#socket.destroy();
    this.#memory?.close();
    this.#log.close();
    const failure = new ServeError(this.#isStopping ? 'cancelled' : 'worker_start_failed', reason);
    this.#loading?.reject(this.#killReason ?? failure);
    // Its last words are for the log and the management: they may be about another client's request.
    this.#pending.end(this.#killReason ?? new ServeError('worker_died', `Worker died: ${end}.`));
    return reason;
  }
}

/** The end of a process that nobody had asked to go, with what it last said on stderr. */
function withErrorOutput(end: string, errorOutput: string): string {
  return errorOutput === '' ? `${end}.` : `${end}. Its last words:\n${errorOutput}`;
}
