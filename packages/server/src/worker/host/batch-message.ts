/** A batch of jobs as a message to the worker, and the worker's reply as outcomes of those jobs. */
import { ServeError } from '../../core/errors.ts';
import type { Job, JobInput, JobOutcome } from '../../core/jobs/job.ts';
import type { Logger } from '../../core/logger.ts';
import type { BatchReply } from '../../core/workers/worker-link.ts';
import {
  encodeMessage,
  type ReplyMessage,
  type SharedPlace,
  type WireError,
  type WireInput,
  type WireRequest,
} from '../../wire/message.ts';
import type { SharedMemory } from './shared-memory.ts';

/** A batch as it goes to the worker. */
export interface RunFrame {
  readonly frame: Uint8Array[];
  /** Where the payload is in the shared memory, until it is released there. */
  readonly place: SharedPlace | undefined;
}

/** The bytes of all inputs follow the message in order, and are not copied; or they are put into the shared memory. */
export function runFrame(id: number, jobs: readonly Job[], memory: SharedMemory | undefined): RunFrame {
  const operation = jobs[0]?.request.operation ?? 'predict';
  const payload = jobs.flatMap(({ request }) => request.inputs.flatMap(({ chunks }) => chunks));
  const message = { kind: 'run', id, operation, requests: jobs.map(wireRequest) } as const;
  const place = memory?.write(payload);
  const frame = place ? encodeMessage({ ...message, payloadAt: place }) : encodeMessage(message, payload);
  return { frame, place };
}

function wireRequest({ request: { requestId, codec, headers, inputs } }: Job): WireRequest {
  return { requestId, codec, headers, inputs: inputs.map(wireInput) };
}

function wireInput({ name, contentType, charset, chunks }: JobInput): WireInput {
  return { name, contentType, charset, size: chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) };
}

/**
 * What a handler threw reaches the log whole; the client gets the message.
 * @throws Error for results that do not fit the batch, or that could not be answers
 */
export function batchReply(message: ReplyMessage, payload: Buffer, context: ReplyContext): BatchReply {
  const { jobs, replyProblem } = context;
  if (message.results.length !== jobs.length) {
    throw new Error(`a reply with ${message.results.length} results to a batch of ${jobs.length}`);
  }
  let offset = 0;
  const outcomes = message.results.map((result, row): JobOutcome => {
    if (!result.ok) return { ok: false, error: jobError(result.error, jobs[row], context.logger) };
    const problem = replyProblem(jobs[row]?.request.codec ?? '', result.meta);
    if (problem !== undefined) throw new Error(problem);
    const body = payload.subarray(offset, offset + result.size);
    offset += result.size;
    return { ok: true, result: { meta: result.meta, body } };
  });
  return { kind: 'answered', outcomes, stages: message.stages, residentBytes: message.residentBytes };
}

/** The batch that a reply answers. */
export interface ReplyContext {
  readonly jobs: readonly Job[];
  readonly logger: Logger;
  /** See `WorkerProcessOptions`. */
  readonly replyProblem: (codec: string, meta: unknown) => string | undefined;
}

function jobError(error: WireError, job: Job | undefined, logger: Logger): ServeError {
  const { code, message, status, stack } = error;
  if (code === 'handler_failed') logger.error('the handler threw', { requestId: job?.request.requestId, stack });
  return new ServeError(code, message, status === undefined ? {} : { status });
}
