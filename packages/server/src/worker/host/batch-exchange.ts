/** Batches to a worker and what it answers, over one socket, whoever started its process. */
import type { ServeError } from '../../core/errors.ts';
import type { Job, JobRunner } from '../../core/jobs/job.ts';
import type { PartAmount } from '../../core/jobs/part-stream.ts';
import type { Logger } from '../../core/logger.ts';
import type { BatchEnd, PartListener } from '../../core/workers/worker-link.ts';
import { encodeMessage } from '../../wire/message.ts';
import type { ReplyMessage } from '../../wire/reply-message.ts';
import type { GivenBackMessage, PartMessage } from '../../wire/worker-message.ts';
import { batchReply, jobPart, runFrame } from './batch-message.ts';
import { PendingBatches, type PendingBatchesOptions } from './pending-batches.ts';
import type { SharedMemory } from './shared-memory.ts';
import type { WorkerProcessOptions } from './worker-process-options.ts';

/** How the worker is reached, and what its batches are held to. */
export interface BatchExchangeOptions extends Omit<PendingBatchesOptions, 'askBack'> {
  /** Writes to the worker. */
  readonly send: (chunks: readonly Uint8Array[]) => void;
  /** Lets all that was written leave at once; undefined where it does so by itself. */
  readonly flush?: () => void;
  /** What is shared with its process; undefined for nothing. */
  readonly memory: SharedMemory | undefined;
  /** Has the model, the version and the worker in its fields. */
  readonly logger: Logger;
  /** See `WorkerProcessOptions`. */
  readonly replyProblem: WorkerProcessOptions['replyProblem'];
}

/** So much is in the worker's socket at once: what is said behind it, such as that it is taken back, is not held up. */
const MOST_BYTES = 64 * 1024;

/** Runs jobs in the worker. */
export class BatchExchange implements JobRunner {
  readonly #options: BatchExchangeOptions;
  readonly #pending: PendingBatches;
  #lastId = 0;

  constructor(options: BatchExchangeOptions) {
    this.#options = options;
    this.#pending = new PendingBatches({
      ...options,
      askBack: (id) => this.#options.send(encodeMessage({ kind: 'takeBack', id })),
    });
  }

  /** Of the requests in the batch that it computes; undefined while it computes none. */
  get requestIds(): readonly string[] | undefined {
    return this.#pending.current?.jobs.map(({ request }) => request.requestId);
  }

  /** See `WorkerLink`. */
  run(jobs: readonly Job[], onPart: PartListener): Promise<BatchEnd> {
    const { flush, memory, send } = this.#options;
    for (const job of jobs) job.runner = this;
    return new Promise((resolve) => {
      const id = (this.#lastId += 1);
      const { frame, place } = runFrame(id, jobs, memory);
      const release = () => {
        if (place !== undefined) memory?.release(place);
      };
      const bytes = frame.reduce((sum, chunk) => sum + chunk.byteLength, 0);
      this.#pending.add({ id, jobs, onPart, bytes, sentAt: performance.now(), resolve, release });
      send(frame);
      // Large payloads take their time on this thread: the worker computes while the next are read.
      if (place !== undefined) flush?.();
    });
  }

  cancel(job: Job): void {
    const place = this.#pending.placeOf(job);
    if (place !== undefined) this.#options.send(encodeMessage({ kind: 'cancel', ...place }));
  }

  taken(job: Job, amount: PartAmount): void {
    const place = this.#pending.placeOf(job);
    if (place !== undefined) this.#options.send(encodeMessage({ kind: 'taken', ...place, ...amount }));
  }

  /** See `WorkerLink`. */
  hasRoom(bytes: number): boolean {
    return this.#options.memory?.hasRoom(bytes) === true || this.#pending.bytes + bytes <= MOST_BYTES;
  }

  /** @throws Error for what is no answer to a batch that it has */
  receive(message: ReplyMessage | PartMessage | GivenBackMessage, payload: Buffer): void {
    switch (message.kind) {
      case 'reply':
        return this.#onReply(message, payload);
      case 'part':
        return this.#onPart(message, payload);
      case 'givenBack':
        this.#pending.givenBack(message.ids);
    }
  }

  /** The worker is gone: nothing of it will be answered. */
  end(error: ServeError): void {
    this.#pending.end(error);
  }

  #onReply(message: ReplyMessage, payload: Buffer): void {
    const { logger, replyProblem } = this.#options;
    const { current, done } = this.#pending;
    const context = { jobs: current?.jobs ?? [], done, logger, replyProblem };
    const reply = current?.id === message.id ? batchReply(message, payload, context) : undefined;
    const answered = this.#pending.answered(message.id);
    if (answered === undefined || reply === undefined) return;
    answered.resolve(reply);
  }

  #onPart(message: PartMessage, payload: Buffer): void {
    const { logger, replyProblem } = this.#options;
    const job = this.#pending.current?.jobs[message.request];
    this.#pending.part(message.id, message.request, jobPart(message, payload, { job, logger, replyProblem }));
  }
}
