/** A batch of jobs as a message to the worker, and the worker's reply as outcomes of those jobs. */
import { ServeError } from '../../core/errors.ts';
import type { Job, JobOutcome, JobPart } from '../../core/jobs/job.ts';
import type { Logger } from '../../core/logger.ts';
import type { BatchReply } from '../../core/workers/worker-link.ts';
import { encodeMessage } from '../../wire/message.ts';
import type { ReplyMessage } from '../../wire/reply-message.ts';
import { payloadOf, type SharedPlace } from '../../wire/run-message.ts';
import type { PartMessage, WireError, WireResult } from '../../wire/worker-message.ts';
import type { SharedMemory } from './shared-memory.ts';

/** A batch as it goes to the worker. */
export interface RunFrame {
  /** The chunks to write, in order. */
  readonly frame: Uint8Array[];
  /** Where the payload is in the shared memory, until it is released there. */
  readonly place: SharedPlace | undefined;
}

/** The payload follows the message; or it is put into the shared memory. */
export function runFrame(id: number, jobs: readonly Job[], memory: SharedMemory | undefined): RunFrame {
  const requests = jobs.map(({ request }) => request);
  const payload = payloadOf(requests);
  const place = memory?.write(payload);
  const operation = requests[0]?.operation ?? 'predict';
  const message = { kind: 'run', id, operation, requests, payloadAt: place } as const;
  return { frame: encodeMessage(message, place === undefined ? payload : []), place };
}

/**
 * What a handler threw reaches the log whole; the client gets the message.
 * @throws Error for results that do not fit the batch, or that could not be answers
 */
export function batchReply(message: ReplyMessage, payload: Buffer, context: ReplyContext): BatchReply {
  const { jobs, done, logger, replyProblem } = context;
  if (message.results.length !== jobs.length) {
    throw new Error(`a reply with ${message.results.length} results to a batch of ${jobs.length}`);
  }
  let offset = 0;
  const outcomes = message.results.map((result, row) => {
    const job = jobs[row];
    if ((result === null) !== (done?.has(row) === true) || (result !== null && job?.hasParts))
      throw new Error('a reply that does not say how an answer that began ends, or says it twice');
    if (result === null) return undefined;
    const start = offset;
    if (result.ok) offset += result.size;
    return outcomeOf(result, payload.subarray(start, offset), { job, logger, replyProblem });
  });
  return { kind: 'answered', outcomes, stages: message.stages, residentBytes: message.residentBytes };
}

/** @throws Error for what could not be an answer */
export function jobPart({ result, isLast }: PartMessage, payload: Buffer, context: ResultContext): JobPart {
  return { ...(result && { outcome: outcomeOf(result, payload, context) }), isLast };
}

function outcomeOf(result: WireResult, body: Buffer, { job, logger, replyProblem }: ResultContext): JobOutcome {
  if (!result.ok) return { ok: false, error: jobError(result.error, job, logger) };
  const problem = replyProblem(job?.request.codec ?? '', result.meta);
  if (problem !== undefined) throw new Error(problem);
  return { ok: true, result: { meta: result.meta, body } };
}

/** The batch that a reply answers. */
export interface ReplyContext extends Omit<ResultContext, 'job'> {
  /** In the order of the batch's requests. */
  readonly jobs: readonly Job[];
  /** Which of them had their last part. */
  readonly done?: ReadonlySet<number>;
}

/** The job that a result is for. */
export interface ResultContext {
  /** Undefined for a place that the batch does not have. */
  readonly job: Job | undefined;
  /** Takes the stack of an error, which no client sees. */
  readonly logger: Logger;
  /** See `WorkerProcessOptions`. */
  readonly replyProblem: (codec: string, meta: unknown) => string | undefined;
}

function jobError(error: WireError, job: Job | undefined, logger: Logger): ServeError {
  const { code, message, status, stack } = error;
  if (code === 'handler_failed') logger.error('the handler threw', { requestId: job?.request.requestId, stack });
  return new ServeError(code, message, status === undefined ? {} : { status });
}
