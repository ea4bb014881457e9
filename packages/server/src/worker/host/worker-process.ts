/** Our end of one worker process: loads it, hands it batches, watches the clock, notices its end. */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { ServeError } from '../../core/errors.ts';
import type { Job } from '../../core/job.ts';
import type { Logger } from '../../core/logger.ts';
import { startTimer } from '../../core/timer.ts';
import type { BatchEnd, WorkerEvents, WorkerLink, WorkerSpec } from '../../core/worker-link.ts';
import { FrameReader } from '../../wire/frame.ts';
import {
  decodeMessage,
  encodeMessage,
  type LogMessage,
  type Message,
  type ReplyMessage,
  type StopMessage,
} from '../../wire/message.ts';
import { batchReply, runFrame } from './batch-message.ts';
import type { SharedMemory } from './shared-memory.ts';
import { spawnWorker } from './spawn-worker.ts';
import { exitOf } from './worker-exit.ts';
import { LineTail, readLines } from './worker-output.ts';

export interface WorkerProcessOptions {
  readonly logger: Logger;
  readonly serverVersion: string;
  /** Longest answer to one request. */
  readonly maxResponseBytes: number;
  /** Names of environment variables that workers must not see. */
  readonly hiddenEnv?: RegExp;
  /** Threads that a library which computes should start; without it, as many as it finds right. */
  readonly threads?: number;
}

/** How long a worker that was asked to end may take before it is killed. */
const STOP_GRACE_MS = 2000;
/** How long a process may live without its socket: one that dies loses the socket first. */
const UNREACHABLE_GRACE_MS = 1000;
/** Room for headers beside the answers of a batch. */
const FRAME_OVERHEAD_BYTES = 1 << 20;

interface Deferred<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: ServeError) => void;
}

interface PendingBatch {
  readonly id: number;
  readonly jobs: readonly Job[];
  /** Whether its payload is in the shared memory. */
  readonly isShared: boolean;
  readonly resolve: (end: BatchEnd) => void;
}

export class WorkerProcess implements WorkerLink {
  readonly ready: Promise<void>;
  readonly exited: Promise<string>;
  readonly #spec: WorkerSpec;
  readonly #events: WorkerEvents;
  readonly #logger: Logger;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #memory: SharedMemory | undefined;
  readonly #tail = new LineTail();
  #loading: Deferred<void> | undefined;
  #startupTimer: NodeJS.Timeout | undefined;
  /** The batch that it computes, and those that come after it. */
  readonly #pending: PendingBatch[] = [];
  #responseTimer: NodeJS.Timeout | undefined;
  #lastId = 0;
  /** Why we killed it, if we did. */
  #verdict: ServeError | undefined;
  #isStopping = false;

  constructor(spec: WorkerSpec, events: WorkerEvents, options: WorkerProcessOptions) {
    this.#spec = spec;
    this.#events = events;
    this.#logger = options.logger.child({ model: spec.key.name, version: spec.key.version, worker: spec.workerId });
    const message = loadMessage(spec, options);
    const { child, socket, memory } = spawnWorker({ ...options, modelDir: spec.modelDir });
    this.#child = child;
    this.#socket = socket;
    this.#memory = memory;
    this.ready = this.#load(message);
    this.exited = exitOf(child).then((end) => this.#onExit(end));
    this.#listen(options.maxResponseBytes * spec.batchSize + FRAME_OVERHEAD_BYTES);
    this.#logger.debug('worker started', { pid: child.pid });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  run(jobs: readonly Job[]): Promise<BatchEnd> {
    return new Promise((resolve) => {
      const id = (this.#lastId += 1);
      const { frame, isShared } = runFrame(id, jobs, this.#memory);
      this.#pending.push({ id, jobs, isShared, resolve });
      if (this.#pending.length === 1) this.#watchResponse();
      this.#send(frame);
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    const message: StopMessage = { kind: 'stop' };
    this.#send(encodeMessage(message));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  #load(message: readonly Uint8Array[]): Promise<void> {
    this.#send(message);
    this.#startupTimer = startTimer(() => this.#onStartupTimeout(), this.#spec.startupTimeoutMs);
    return new Promise((resolve, reject) => {
      this.#loading = { resolve, reject };
    });
  }

  #send(chunks: readonly Uint8Array[]): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableCorked === 0) {
      // What is sent in one turn of the event loop leaves in one system call.
      this.#socket.cork();
      setImmediate(() => this.#socket.uncork());
    }
    for (const chunk of chunks) this.#socket.write(chunk);
  }

  #listen(maxFrameBytes: number): void {
    const reader = new FrameReader(maxFrameBytes);
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#verdict !== undefined) return;
      try {
        for (const frame of reader.push(chunk)) this.#receive(decodeMessage(frame), frame.payload);
      } catch (error) {
        this.#condemn(new ServeError('worker_died', 'Worker died: what it sent could not be read.', { cause: error }));
      }
    });
    // A worker that dies takes its end of the pair with it; `exited` is what counts.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => setTimeout(() => this.#onUnreachable(), UNREACHABLE_GRACE_MS).unref());
    if (this.#child.stdout) readLines(this.#child.stdout, (line) => this.#logger.info(line));
    if (this.#child.stderr) readLines(this.#child.stderr, (line) => this.#onErrorLine(line));
  }

  #onErrorLine(line: string): void {
    this.#tail.add(line);
    this.#logger.warn(line);
  }

  #receive(message: Message, payload: Buffer): void {
    if (this.#verdict !== undefined) return;
    switch (message.kind) {
      case 'loaded':
        clearTimeout(this.#startupTimer);
        this.#loading?.resolve();
        break;
      case 'loadFailed':
        this.#logger.error('the handler failed to load', { stack: message.error.stack });
        this.#loading?.reject(new ServeError('worker_start_failed', message.error.message));
        break;
      case 'reply':
        this.#onReply(message, payload);
        break;
      case 'samples':
        this.#events.handlerSamples(message.samples);
        break;
      case 'log':
        this.#onLog(message);
        break;
      case 'load':
      case 'run':
      case 'stop':
        throw new Error(`a worker does not send ${message.kind}`);
    }
  }

  #onReply(message: ReplyMessage, payload: Buffer): void {
    const [pending] = this.#pending;
    if (message.id !== pending?.id) throw new Error(`an answer to batch ${message.id}, which nobody waits for`);
    this.#pending.shift();
    if (pending.isShared) this.#memory?.release();
    this.#watchResponse();
    pending.resolve(batchReply(message, payload, { jobs: pending.jobs, logger: this.#logger }));
  }

  /** The clock runs for the batch that it computes. */
  #watchResponse(): void {
    clearTimeout(this.#responseTimer);
    if (this.#pending.length === 0) return;
    this.#responseTimer = startTimer(() => this.#onResponseTimeout(), this.#spec.responseTimeoutMs);
  }

  /** What a handler logs while it runs a batch belongs to the requests of that batch. */
  #onLog({ level, message, fields }: LogMessage): void {
    const requestIds = this.#pending[0]?.jobs.map(({ request }) => request.requestId);
    this.#logger[level](message, { ...(requestIds && { requestIds }), ...(fields && { fields }) });
  }

  #onStartupTimeout(): void {
    const seconds = this.#spec.startupTimeoutMs / 1000;
    const message = `the handler was not ready after ${seconds} s (startup_timeout)`;
    this.#condemn(new ServeError('worker_start_failed', message));
  }

  #onResponseTimeout(): void {
    const seconds = this.#spec.responseTimeoutMs / 1000;
    const message = `Worker died: it gave no answer within ${seconds} s (response_timeout) and was ended.`;
    this.#condemn(new ServeError('response_timeout', message));
  }

  /** A process that lives on without its socket, such as one whose handler closed it. */
  #onUnreachable(): void {
    const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (hasEnded || this.#isStopping) return;
    this.#condemn(new ServeError('worker_died', 'Worker died: it closed its connection to the server.'));
  }

  #condemn(verdict: ServeError): void {
    if (this.#verdict !== undefined) return;
    this.#verdict = verdict;
    this.#logger.error('worker is being killed', { reason: verdict.message, error: verdict.cause });
    this.#child.kill('SIGKILL');
  }

  /** Everybody who waits for this process is told how it ended. */
  #onExit(end: string): string {
    const reason = this.#verdict?.message ?? this.#explain(end);
    clearTimeout(this.#startupTimer);
    clearTimeout(this.#responseTimer);
    this.#socket.destroy();
    this.#memory?.close();
    const failure = new ServeError(this.#isStopping ? 'cancelled' : 'worker_start_failed', reason);
    this.#loading?.reject(this.#verdict ?? failure);
    // Its last words are for the log and the management: they may be about another client's request.
    this.#endPending(this.#verdict ?? new ServeError('worker_died', `Worker died: ${end}.`));
    return reason;
  }

  /** It had begun with the first batch alone. */
  #endPending(error: ServeError): void {
    const [running, ...untouched] = this.#pending.splice(0);
    running?.resolve({ kind: 'failed', error });
    for (const { resolve } of untouched) resolve({ kind: 'untouched' });
  }

  /** The end of a process that nobody had asked to go, with what it last said on stderr. */
  #explain(end: string): string {
    const lastWords = this.#tail.toString();
    return lastWords === '' ? `${end}.` : `${end}. Its last words:\n${lastWords}`;
  }
}

function loadMessage(spec: WorkerSpec, { serverVersion, maxResponseBytes }: WorkerProcessOptions): Uint8Array[] {
  const { modelDir, manifest, modelConfig, batchSize } = spec;
  const facts = { modelDir, manifest, modelConfig, batchSize, gpuId: -1, serverVersion, maxResponseBytes };
  return encodeMessage({ kind: 'load', ...facts });
}
