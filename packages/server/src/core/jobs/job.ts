/** A job: one request to one version, from its arrival to the one answer it gets. */
import type { ServeError } from '../errors.ts';
import type { StageTimes } from '../metrics.ts';
import { startTimer } from '../timer.ts';

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
}

/** How much of it crosses the wire, about, in bytes. */
export function bytesOf({ headers, inputs }: JobRequest): number {
  let bytes = 0;
  for (const text of headers) bytes += text.length;
  for (const { chunks } of inputs) for (const chunk of chunks) bytes += chunk.byteLength;
  return bytes;
}

/** What came back for one job: bytes, and facts beside them that only the protocol's codec and endpoints understand. */
export interface JobResult {
  /** Such as a media type or a status; JSON, from the codec, opaque here. */
  readonly meta: unknown;
  /** Empty when there is nothing to say. */
  readonly body: Uint8Array;
}

/** A result, and where the time went. */
export interface JobAnswer extends JobResult {
  /** From the arrival to the hand-over to the worker that answered, in milliseconds. */
  readonly queueMs: number;
  /** Of the batch it was in. */
  readonly stages: StageTimes;
}

/** What a worker says of one job. */
export type JobOutcome = Failure | { readonly ok: true; readonly result: JobResult };

/** Why there is no result. */
export interface Failure {
  /** Tells it from a result. */
  readonly ok: false;
  /** What the client is told; of an `internal` one only the log hears the cause. */
  readonly error: ServeError;
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

/** A job in the house; settled exactly once, later calls are ignored. */
export class Job {
  readonly request: JobRequest;
  readonly caller: Caller;
  /** Clock reading in milliseconds. */
  readonly arrivedAt = performance.now();
  /** How it ends; rejects with a ServeError. */
  readonly answer: Promise<JobAnswer>;
  /** How many workers died while they ran it. */
  deaths = 0;
  /** How many of them ran nothing else. */
  deathsAlone = 0;
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

  get isSettled(): boolean {
    return this.#isSettled;
  }

  succeed(answer: JobAnswer): void {
    this.#end();
    this.#resolve(answer);
  }

  fail(error: ServeError): void {
    this.#end();
    this.#reject(error);
  }

  /** Calls back in `ms` milliseconds unless it is settled before; one call at a time. */
  remind(ms: number, callback: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = startTimer(callback, ms);
  }

  #end(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
  }
}
