/** A job: one request to one version, from its arrival to the one answer it gets. */
import type { ServeError } from './errors.ts';

/** One named input as the client sent it: bytes that the daemon never parses. */
export interface JobInput {
  readonly name: string;
  /** Media type without parameters, lower case; empty when the client gave none. */
  readonly contentType: string;
  readonly chunks: readonly Uint8Array[];
}

/** What a handler is asked to do. */
export type Operation = 'predict' | 'explain' | 'describe';

/** What a worker needs to know of a request. */
export interface JobRequest {
  readonly operation: Operation;
  readonly requestId: string;
  /** Name of the protocol codec that turns the inputs into a row, and the row's result into bytes. */
  readonly codec: string;
  /** Header names and values in turn, in the client's spelling. */
  readonly headers: readonly string[];
  readonly inputs: readonly JobInput[];
}

/** What came back for one job: bytes, and facts beside them that only the protocol's codec and endpoints understand. */
export interface JobResult {
  readonly meta: unknown;
  readonly body: Uint8Array;
}

export type JobOutcome =
  { readonly ok: true; readonly result: JobResult } | { readonly ok: false; readonly error: ServeError };

/** A job in the house; settled exactly once, later calls are ignored. */
export interface Job {
  readonly request: JobRequest;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Clock reading in milliseconds. */
  readonly arrivedAt: number;
  settle(outcome: JobOutcome): void;
}

/** A job and the promise of its result, which rejects with a ServeError. */
export function createJob(request: JobRequest, signal: AbortSignal): { job: Job; result: Promise<JobResult> } {
  let settle: Job['settle'] = () => {};
  const result = new Promise<JobResult>((resolve, reject) => {
    settle = (outcome) => (outcome.ok ? resolve(outcome.result) : reject(outcome.error));
  });
  return { job: { request, signal, arrivedAt: performance.now(), settle }, result };
}
