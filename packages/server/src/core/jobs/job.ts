/** A job: one request to one version, from its arrival to the one answer it gets; and what workers say of jobs. */
import type { ServeError } from '../errors.ts';
import type { StageTimes } from '../metrics.ts';
import type { ModelKey } from '../model-key.ts';
import { startTimer } from '../timer.ts';
import type { JobResult } from './job-result.ts';
import { PartStream, type PartAmount } from './part-stream.ts';

export type { JobResult } from './job-result.ts';

const LARGE_JOB_BYTES = 256 * 1024;

/** One named input as the client sent it: bytes that the daemon never parses. */
export interface JobInput {
  /** Unique in its request; which names mean what is the codec's matter. */
  readonly name: string;
  /** Media type without parameters, lower case; empty when the client gave none. */
  readonly contentType: string;
  /** Of text, when it is not UTF-8: a label that TextDecoder knows. */
  readonly charset?: string;
  /** The content, in pieces as they came from the socket, in their order. */
  readonly chunks: readonly Uint8Array[];
}

/** What a handler is asked to do. */
export type Operation = 'predict' | 'explain' | 'describe';

/** What a worker needs to know of a request. */
export interface JobRequest {
  /** The method of the handler that is called. */
  readonly operation: Operation;
  /** Names the request in logs, and to the handler; unique unless a client chose it. */
  readonly requestId: string;
  /** Name of the protocol codec that turns the inputs into a row, and the row's result into bytes. */
  readonly codec: string;
  /** Header names and values in turn, in the client's spelling. */
  readonly headers: readonly string[];
  /** In the client's order; empty for a request without a body. */
  readonly inputs: readonly JobInput[];
  /** How long its client waits for the answer, in milliseconds since it arrived; undefined when it did not say. */
  readonly timeoutMs?: number;
  /** The models that wait for the answer, the one that a client asked first; undefined for what no model asks. */
  readonly askedBy?: readonly ModelKey[];
  /** Whether no client waits for the answer, as that of a shadow: it is run when no other job waits. Default: false. */
  readonly isBackground?: boolean;
  /** How many requests it stands for, whose rows it has one behind another. Default: 1. */
  readonly requests?: number;
  /** Whether others may be handed in right behind it, in the same turn of the event loop: it waits for those. Default: false. */
  readonly hasCompany?: boolean;
}

/** How much of it crosses the wire, about, in bytes. */
export function bytesOf({ headers, inputs }: JobRequest): number {
  let bytes = 0;
  for (const text of headers) bytes += text.length;
  for (const { chunks } of inputs) for (const chunk of chunks) bytes += chunk.byteLength;
  return bytes;
}

/** Whether handing it over takes a part of a millisecond. */
export function isLarge({ request }: Job): boolean {
  return bytesOf(request) >= LARGE_JOB_BYTES;
}

/** How many requests it stands for. */
export function requestsIn({ request: { requests = 1 } }: Pick<Job, 'request'>): number {
  return requests;
}

/** How many requests they stand for. */
export function requestsOf(jobs: readonly Job[]): number {
  let requests = 0;
  for (const job of jobs) requests += requestsIn(job);
  return requests;
}

/** A result, whole or the first part of it, and where the time went. */
export interface JobAnswer extends JobResult {
  /** From the arrival to the hand-over to the worker that answered, in milliseconds. */
  readonly queueMs: number;
  /** Of the batch it was in; undefined for an answer that left before its batch was over. */
  readonly stages?: StageTimes;
  /**
   * The parts that follow the first, of an answer that comes in parts; whoever gets it reads them or calls `return`. Reading
   * throws a ServeError when the parts end early.
   */
  readonly rest?: PartStream;
}

/** What a worker says of one job. */
export type JobOutcome = Failure | { readonly ok: true; readonly result: JobResult };

/** What a worker says of one job before its batch is over. */
export interface JobPart {
  /** Undefined for an end behind the parts that came; a failure is the last. */
  readonly outcome?: JobOutcome;
  /** Whether the job is over with it. */
  readonly isLast: boolean;
}

/** Called for what is said of a job before its batch is over. @throws Error for a part that should not have been sent */
export type PartListener = (job: Job, part: JobPart) => void;

/** Why there is no result. */
export interface Failure {
  /** Tells it from a result. */
  readonly ok: false;
  /** What the client is told; of an `internal` one only the log hears the cause. */
  readonly error: ServeError;
}

/** What became of a batch. */
export type BatchEnd = BatchReply | BatchFailure | BatchTakenBack | BatchUntouched;

/** One outcome per job of the batch, in its order, and where the time went. */
export interface BatchReply {
  /** The worker answered, and goes on. */
  readonly kind: 'answered';
  /** In the order of the batch's jobs; undefined for one whose last part came before. */
  readonly outcomes: readonly (JobOutcome | undefined)[];
  /** Of the whole batch; milliseconds. */
  readonly stages: StageTimes;
  /** Resident memory of the worker's process, in bytes, as it last said. */
  readonly residentBytes?: number;
}

/** The worker died over it, or was ended because it gave no answer in time. */
export interface BatchFailure extends Omit<Failure, 'ok'> {
  /** The worker's process is gone, or about to be. */
  readonly kind: 'failed';
}

/** Its turn did not come in time (`RECALL_AFTER_MS`), because the worker computes another for longer, and another worker is idle. */
export interface BatchTakenBack {
  /** The worker has not begun it and goes on; the jobs are as if they had never been given away. */
  readonly kind: 'takenBack';
}

/** The worker ended before this batch's turn came. */
export interface BatchUntouched {
  /** The worker is gone, and did not begin it; the jobs count no death. */
  readonly kind: 'untouched';
}

/**
 * Whoever waits for an answer, and may go away. Less than an AbortSignal, because there is one for every request: making
 * those and listening to them took 6 % of the daemon's time when it was busy.
 */
export interface Caller {
  /** Whether nobody waits any more; never becomes false again. */
  readonly isGone: boolean;
  /** Calls the listener once, when the caller goes; there is one listener at a time. */
  onGone(listener: () => void): void;
}

/** A caller that never goes: the server itself. */
export const STEADY_CALLER: Caller = { isGone: false, onGone() {} };

/** Whoever runs a job. */
export interface JobRunner {
  /** Nobody waits for its answer any more. */
  cancel(job: Job): void;
  /** So much of its answer was taken by its reader. */
  taken(job: Job, amount: PartAmount): void;
}

/** A job in the house; settled exactly once, with its whole answer or after the last part of it; later calls are ignored. */
export class Job {
  /** What is asked of the handler. */
  readonly request: JobRequest;
  /** Whoever waits for the answer. */
  readonly caller: Caller;
  /** Clock reading in milliseconds. */
  readonly arrivedAt = performance.now();
  /** Its answer, or how that begins; rejects with a ServeError. */
  readonly answer: Promise<JobAnswer>;
  /** How many workers died while they ran it. */
  deaths = 0;
  /** How many of them ran nothing else. */
  deathsAlone = 0;
  /** Where it stands in the line that it waits in, if any; that line's own. */
  place = -1;
  /** Since when it has waited for a worker, if it does, by the clock in milliseconds. */
  waitsSince = this.arrivedAt;
  /** When it was last given to a worker, by the clock in milliseconds. */
  handedOverAt = 0;
  /** The worker that has it, or had it last. */
  runner: JobRunner | undefined;
  /** Called once, when it is settled. */
  onSettled: (() => void) | undefined;
  #parts: PartStream | undefined;
  #resolve: (answer: JobAnswer) => void = () => {};
  #reject: (error: ServeError) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #isSettled = false;

  constructor(request: JobRequest, caller: Caller) {
    this.request = request;
    this.caller = caller;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Whether its caller has been told how it ended. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Whether its caller has a part of the answer: it cannot be run again. */
  get hasParts(): boolean {
    return this.#parts !== undefined;
  }

  /** How long it waited for the worker that has it, in milliseconds. */
  get queueMs(): number {
    return this.handedOverAt - this.arrivedAt;
  }

  /** Since when its worker has made the next part, by the clock in milliseconds; undefined before the first one. */
  makingSince(now: number): number | undefined {
    return this.#parts?.makingSince(now);
  }

  /** It is over, with its whole answer. @param stages of the batch it was in, when that is over */
  succeed({ meta, body }: JobResult, stages?: StageTimes): void {
    this.#end();
    this.#resolve({ meta, body, queueMs: this.queueMs, ...(stages && { stages }) });
  }

  /** @throws Error when it comes before there is room for it */
  addPart(part: JobResult): void {
    if (this.#parts === undefined) this.#begin(part);
    else this.#parts.add(part);
  }

  /** There are no more parts. */
  endParts(): void {
    this.#end();
    this.#parts?.end();
  }

  /** It is over, or the parts of its answer are, with this error. */
  fail(error: ServeError): void {
    this.#end();
    this.#parts?.end(error);
    this.#reject(error);
  }

  /** Nobody waits for it any more; a worker that runs it is told so. */
  cancel(): void {
    this.#parts?.end();
    this.runner?.cancel(this);
  }

  /** Calls back in `ms` milliseconds unless it is settled before; one call at a time. */
  remind(ms: number, callback: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = startTimer(callback, ms);
  }

  #begin(first: JobResult): void {
    if (this.#isSettled) return;
    const rest = new PartStream({
      onTaken: (amount) => this.runner?.taken(this, amount),
      onClosed: () => this.cancel(),
    });
    this.#parts = rest;
    this.#resolve({ ...first, queueMs: this.queueMs, rest });
  }

  #end(): void {
    if (!this.#isSettled) this.onSettled?.();
    this.#isSettled = true;
    clearTimeout(this.#timer);
  }
}
