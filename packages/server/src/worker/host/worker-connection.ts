/** Our end of the wire to a worker, whoever started its process: gives it batches, and reads what it says. */
import type { Socket } from 'node:net';
import { ServeError } from '../../core/errors.ts';
import type { BatchChannel } from '../../core/batch-dispatcher.ts';
import type { BatchEnd, BatchReply, Job, JobOutcome, JobRunner, PartListener } from '../../core/jobs/job.ts';
import type { PartAmount } from '../../core/jobs/part-stream.ts';
import type { Logger } from '../../core/logger.ts';
import type { ModelKey } from '../../core/model-key.ts';
import { readAsk, type AskMessage } from '../../wire/ask-message.ts';
import type { DaemonMessage } from '../../wire/daemon-message.ts';
import { decodeWorkerMessage } from '../../wire/decode-worker-message.ts';
import { bytesOf, FrameReader, type Frame, type FrameLimits } from '../../wire/frame.ts';
import { encodeMessage, kindOf } from '../../wire/message.ts';
import { readReply, type ReplyMessage } from '../../wire/reply-message.ts';
import { encodeRun, payloadOf, type RunMessage } from '../../wire/run-message.ts';
import type {
  GivenBackMessage,
  LogMessage,
  PartMessage,
  WireError,
  WireResult,
  WorkerMessage,
  PartsTakenMessage,
  WithdrawMessage,
} from '../../wire/worker-message.ts';
import { readPaced } from '../child/read-paced.ts';
import type { WorkerLog } from '../child/worker-log.ts';
import { AskExchange, type AskedModels } from './ask-exchange.ts';
import { PendingBatches, type PendingBatchesOptions } from './pending-batches.ts';
import type { SharedMemory } from './shared-memory.ts';
import type { WorkerProcessOptions } from './worker-process-options.ts';
import { writeCorked } from './write-corked.ts';

/** What a worker says beside its answers, its questions and its log. */
export type SideMessage = Exclude<
  WorkerMessage,
  AskMessage | ReplyMessage | PartMessage | GivenBackMessage | LogMessage | WithdrawMessage | PartsTakenMessage
>;

/** How the worker is reached, what it is held to, and who hears what it says. */
export interface WorkerConnectionOptions extends Omit<PendingBatchesOptions, 'askBack' | 'isReading'> {
  /** Nobody else reads it or writes to it. */
  readonly socket: Socket;
  /** How long its frames may be. */
  readonly limits: FrameLimits;
  /** What is shared with its process; undefined for nothing. */
  readonly memory?: SharedMemory | undefined;
  /** Has the model, the version and the worker in its fields. */
  readonly logger: Logger;
  /** Takes what its handler logs. */
  readonly log: WorkerLog;
  /** See `WorkerProcessOptions`. */
  readonly replyProblem: WorkerProcessOptions['replyProblem'];
  /** Its version. */
  readonly key: ModelKey;
  /** The models that it may ask. */
  readonly asked: AskedModels;
  /** Whether nothing that it says counts any more. */
  readonly isIgnored: () => boolean;
  /** Takes what it says beside answers. @throws Error for what it may not say here */
  readonly onMessage: (message: SideMessage) => void;
  /** Called for what cannot be read, or is no answer to what it has: it is of no use any more. */
  readonly onUnreadable: (error: ServeError) => void;
  /** Called when it is given a batch. */
  readonly onGiven?: () => void;
}

/** So much is in the worker's socket at once: what is said behind it, such as that it is taken back, is not held up. */
const MOST_BYTES = 64 * 1024;
/** So much may wait for the worker to read it before other models are asked for more. */
const MOST_UNREAD_BYTES = 64 * 2 ** 20;
/** A small message takes as long as to read so many bytes. */
const FRAME_COST_BYTES = 200;

/** From the first message to the last answer. */
export class WorkerConnection implements BatchChannel, JobRunner {
  readonly #options: WorkerConnectionOptions;
  readonly #pending: PendingBatches;
  readonly #asks: AskExchange;
  /** Settles when the worker has read what it was told, where it is far behind. */
  #reading: Promise<void> | undefined;
  #lastId = 0;

  constructor(options: WorkerConnectionOptions) {
    const { socket, limits, asked, key, logger } = options;
    this.#options = options;
    const isReading = () => !socket.isPaused();
    this.#pending = new PendingBatches({ ...options, isReading, askBack: (id) => this.say({ kind: 'takeBack', id }) });
    this.#asks = new AskExchange({
      ...asked,
      key,
      logger,
      jobAt: (place) => this.#pending.jobAt(place),
      say: (message, payload) => this.say(message, payload),
      untilRead: () => this.#untilRead(),
    });
    const reader = new FrameReader(limits);
    readPaced(socket, (chunk) => this.#read(reader, chunk));
  }

  get isIdle(): boolean {
    return this.#pending.isIdle;
  }

  get inFlight(): number {
    return this.#pending.length;
  }

  turnMs(now: number): number {
    return now - this.#pending.turnStartedAt;
  }

  run(jobs: readonly Job[], onPart: PartListener): Promise<BatchEnd> {
    for (const job of jobs) job.runner = this;
    this.#options.onGiven?.();
    return new Promise((resolve) => {
      const { memory, socket } = this.#options;
      const id = (this.#lastId += 1);
      const requests = jobs.map(({ request }) => request);
      const payload = payloadOf(requests);
      const payloadAt = memory?.write(payload);
      const operation = requests[0]?.operation ?? 'predict';
      const message = { kind: 'run', id, operation, requests, payloadAt } as const;
      const frame = encodeRun(message, payloadAt === undefined ? payload : []);
      const release = () => {
        if (payloadAt !== undefined) memory?.release(payloadAt);
      };
      const sentAt = performance.now();
      this.#pending.add({ id, jobs, onPart, bytes: bytesOf(frame), sentAt, resolve, release });
      writeCorked(socket, frame);
      // Large payloads take their time on this thread: the worker computes while the next are read.
      if (payloadAt !== undefined) socket.uncork();
    });
  }

  cancel(job: Job): void {
    this.#asks.cancel(job);
    const place = this.#pending.placeOf(job);
    if (place !== undefined) this.say({ kind: 'cancel', ...place });
  }

  taken(job: Job, amount: PartAmount): void {
    const place = this.#pending.placeOf(job);
    if (place !== undefined) this.say({ kind: 'taken', ...place, ...amount });
  }

  hasRoom(bytes: number): boolean {
    return this.#options.memory?.hasRoom(bytes) === true || this.#pending.bytes + bytes <= MOST_BYTES;
  }

  /** Says what is no batch. */
  say(message: Exclude<DaemonMessage, RunMessage>, payload?: readonly Uint8Array[]): void {
    writeCorked(this.#options.socket, encodeMessage(message, payload));
  }

  /** The worker is gone: nothing of it will be answered. */
  end(error: ServeError): void {
    this.#asks.end();
    this.#pending.end(error);
  }

  #untilRead(): Promise<void> | undefined {
    const { socket } = this.#options;
    if (socket.writableLength <= MOST_UNREAD_BYTES) return undefined;
    return (this.#reading ??= new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done);
        this.#reading = undefined;
        resolve();
      };
      socket.on('drain', done).on('close', done);
    }));
  }

  #read(reader: FrameReader, chunk: Buffer): number {
    const { isIgnored, onUnreadable } = this.#options;
    let cost = 0;
    try {
      for (const frame of isIgnored() ? [] : reader.push(chunk)) {
        cost += this.#receive(frame);
      }
    } catch (cause) {
      onUnreadable(new ServeError('worker_died', 'Worker died: what it sent could not be read.', { cause }));
    }
    return isIgnored() ? chunk.length : cost;
  }

  /**
   * @returns what it costs, in bytes: there are no more answers than batches, parts of them are taken by readers, and of questions
   * there are as many as are answered, or refused
   */
  #receive(frame: Frame): number {
    const kind = kindOf(frame);
    if (kind !== 'reply' && kind !== 'ask') return this.#onMessage(decodeWorkerMessage(frame), frame);
    if (kind === 'reply') this.#onReply(readReply(frame), frame.payload);
    else this.#asks.receive(readAsk(frame), frame.payload);
    return kind === 'reply' ? 0 : FRAME_COST_BYTES;
  }

  #onMessage(message: ReturnType<typeof decodeWorkerMessage>, { headerBytes, payload }: Frame): number {
    switch (message.kind) {
      case 'part':
        this.#onPart(message, payload);
        return 0;
      case 'givenBack':
        this.#pending.givenBack(message.ids);
        break;
      case 'log':
        this.#onLog(message);
        break;
      case 'withdraw':
        this.#asks.withdraw(message.id);
        break;
      case 'partsTaken':
        this.#asks.taken(message);
        break;
      case 'loaded':
      case 'loadFailed':
      case 'samples':
      case 'rows':
      case 'readiness':
      case 'predictor':
      case 'turn':
      case 'used':
        this.#options.onMessage(message);
    }
    return FRAME_COST_BYTES + headerBytes;
  }

  #onReply(message: ReplyMessage, payload: Buffer): void {
    const { current } = this.#pending;
    // One that cannot be read leaves its batch where it is, to be failed with the worker.
    const end = current?.id === message.id ? this.#replyTo(current.jobs, message, payload) : undefined;
    const answered = this.#pending.answered(message.id);
    for (const job of answered?.jobs ?? []) this.#asks.cancel(job);
    if (end !== undefined) answered?.resolve(end);
  }

  #replyTo(jobs: readonly Job[], { results, stages, residentBytes }: ReplyMessage, payload: Buffer): BatchReply {
    const { done } = this.#pending;
    if (results.length !== jobs.length)
      throw new Error(`a reply with ${results.length} results to a batch of ${jobs.length}`);
    let offset = 0;
    const outcomes = results.map((result, row) => {
      const job = jobs[row];
      if ((result === null) !== (done?.has(row) === true) || (result !== null && job?.hasParts))
        throw new Error('a reply that does not say how an answer that began ends, or says it twice');
      if (result === null) return undefined;
      const start = offset;
      if (result.ok) offset += result.size;
      return this.#outcomeOf(result, payload.subarray(start, offset), job);
    });
    return { kind: 'answered', outcomes, stages, residentBytes };
  }

  #onPart({ id, request, result, isLast }: PartMessage, body: Buffer): void {
    const outcome = result && this.#outcomeOf(result, body, this.#pending.current?.jobs[request]);
    this.#pending.part(id, request, { ...(outcome && { outcome }), isLast });
  }

  /** @throws Error for what could not be an answer */
  #outcomeOf(result: WireResult, body: Buffer, job: Job | undefined): JobOutcome {
    if (!result.ok) return { ok: false, error: this.#errorOf(result.error, job) };
    const problem = this.#options.replyProblem(job?.request.codec ?? '', result.meta);
    if (problem !== undefined) throw new Error(problem);
    return { ok: true, result: { meta: result.meta, body } };
  }

  /** What a handler threw reaches the log whole; the client gets the message. */
  #errorOf({ code, message, status, stack, headers }: WireError, job: Job | undefined): ServeError {
    const requestId = job?.request.requestId;
    if (code === 'handler_failed') this.#options.logger.error('the handler threw', { requestId, stack });
    return new ServeError(code, message, { ...(status !== undefined && { status }), ...(headers && { headers }) });
  }

  /** What a handler logs while it runs a batch belongs to the requests of that batch. */
  #onLog({ level, message, fields }: LogMessage): void {
    const requestIds = this.#pending.current?.jobs.map(({ request }) => request.requestId);
    this.#options.log.add(level, message, { ...(requestIds && { requestIds }), ...(fields && { fields }) });
  }
}
