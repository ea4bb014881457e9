/**
 * The batches that a worker was given and has not answered: the one that it computes, and those that follow. When it computes
 * one for long while another worker is idle, the others are taken back. It is asked to give them back, and does so at once
 * unless its thread is busy; then it hears of it before it begins another batch (see `worker/process/batch-line.ts`), and
 * nobody has to wait for that.
 */
import { RECALL_AFTER_MS } from '../../core/workers/ahead-policy.ts';
import { ServeError } from '../../core/errors.ts';
import type { BatchEnd, Job, JobPart, PartListener } from '../../core/jobs/job.ts';
import { startTimer } from '../../core/timer.ts';

/** A batch that was written to the worker. */
export interface PendingBatch {
  /** Greater than those of all batches before. */
  readonly id: number;
  /** In the order of the message's requests. */
  readonly jobs: readonly Job[];
  /** Called for what is said of one of them before the batch is over. */
  readonly onPart: PartListener;
  /** How much of it the socket holds until the worker reads it, in bytes. */
  readonly bytes: number;
  /** When the worker was given it, by the clock in milliseconds. */
  readonly sentAt: number;
  /** Called once, with how it ended. */
  readonly resolve: (end: BatchEnd) => void;
  /** Called when the worker will not look at it any more. */
  readonly release: () => void;
}

/** Whom the batches of one worker concern. */
export interface PendingBatchesOptions {
  /** Longest time a batch may take, or the next part of an answer, in milliseconds. */
  readonly responseTimeoutMs: number;
  /** Called when that time is over, with what is said of it; the worker is of no use then. */
  readonly onResponseTimeout: (error: ServeError) => void;
  /** Whether the worker computes a batch of another process; by default nobody else gives it any. */
  readonly isElsewhere?: () => boolean;
  /** Whether what the worker says is read at present. */
  readonly isReading: () => boolean;
  /** Whether another worker could run a batch at once. */
  readonly isAnotherIdle: () => boolean;
  /** Asks the worker to give back the batches whose turn has not come, from this one on. */
  readonly askBack: (id: number) => void;
}

/** After so long a batch is in the queue again, be there an idle worker or not: there it is seen to wait. */
const LONGEST_WAIT_MS = 25;
/** How long a worker whose thread is not busy may take to give batches back. */
const GIVING_BACK_MS = 5;

/** The batches of one worker, the oldest first; the worker computes that one. */
export class PendingBatches {
  readonly #options: PendingBatchesOptions;
  readonly #pending: PendingBatch[] = [];
  /** Those that were taken back without a word of the worker, by their ids. */
  readonly #takenBack = new Map<number, PendingBatch>();
  /** Which requests of the batch that it computes had their last part. */
  #done: Set<number> | undefined;
  /** When the latest of them had it. */
  #doneAt = 0;
  /** When the batch that it computes was the next one, by the clock in milliseconds; or the latest of them was. */
  turnStartedAt = 0;
  #hasEnded = false;
  #responseTimer: NodeJS.Timeout | undefined;
  #recallTimer: NodeJS.Timeout | undefined;

  constructor(options: PendingBatchesOptions) {
    this.#options = options;
  }

  /** Whether the worker has none, and could be given one. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && !this.#hasEnded;
  }

  /** How many there are. */
  get length(): number {
    return this.#pending.length;
  }

  /** The batch that the worker computes. */
  get current(): PendingBatch | undefined {
    return this.#pending[0];
  }

  /** See `PendingBatch.bytes`; of all of them. */
  get bytes(): number {
    return this.#pending.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Which requests of the batch that it computes had their last part; undefined for none. */
  get done(): ReadonlySet<number> | undefined {
    return this.#done;
  }

  /** Where a job is that the worker has; undefined when it does not. */
  placeOf(job: Job): { readonly id: number; readonly request: number } | undefined {
    for (const { id, jobs } of this.#pending) {
      const request = jobs.indexOf(job);
      if (request >= 0) return { id, request };
    }
    return undefined;
  }

  /** A job of the batch that it computes; undefined for any other. */
  jobAt({ batch, request }: { readonly batch: number; readonly request: number }): Job | undefined {
    return this.current?.id === batch ? this.current.jobs[request] : undefined;
  }

  /** Passes on what is said of a job of the batch that it computes. @throws Error for one that is not in it, or has its answer */
  part(id: number, request: number, part: JobPart): void {
    if (this.#takenBack.has(id)) return;
    const { current } = this;
    const job = current?.id === id ? current.jobs[request] : undefined;
    if (current === undefined || job === undefined)
      throw new Error(`a part of answer ${request} to batch ${id}, which is not its turn`);
    if (this.#done?.has(request)) throw new Error('a part of an answer that had its last');
    if (part.isLast) {
      (this.#done ??= new Set()).add(request);
      this.#doneAt = performance.now();
    }
    current.onPart(job, part);
  }

  /** One for a worker that is gone comes back untouched. */
  add(batch: PendingBatch): void {
    if (this.#hasEnded) return batch.resolve({ kind: 'untouched' });
    this.#pending.push(batch);
    if (this.#pending.length === 1) this.#watchResponse();
    if (this.#mayWait) this.#recallTimer ??= setTimeout(() => this.#onRecallTimer(), RECALL_AFTER_MS);
  }

  /**
   * Takes out the batch that an answer is for; undefined when another worker has it by now.
   * @throws Error for one whose turn it is not
   */
  answered(id: number): PendingBatch | undefined {
    if (this.#forget(id)) return undefined;
    if (this.current?.id !== id) throw new Error(`an answer to batch ${id}, whose turn it is not`);
    this.current.release();
    return this.#takeOut(0);
  }

  /** @throws Error for batches that the worker does not have */
  givenBack(ids: readonly number[]): void {
    for (const id of ids) {
      if (this.#forget(id)) continue;
      const index = this.#pending.findIndex((batch) => batch.id === id);
      if (index < 0) throw new Error(`batch ${id} given back, which the worker does not have`);
      const batch = this.#takeOut(index);
      batch?.release();
      batch?.resolve({ kind: 'takenBack' });
    }
  }

  /** The worker is gone. It had begun with the first batch alone. */
  end(error: ServeError): void {
    this.#hasEnded = true;
    clearTimeout(this.#responseTimer);
    this.#stopRecallTimer();
    const waiting = this.#pending.splice(this.#firstWaiting);
    for (const { resolve } of this.#pending.splice(0)) resolve({ kind: 'failed', error });
    for (const { resolve } of waiting) resolve({ kind: 'untouched' });
  }

  /** The place of the oldest batch whose turn has not come. One that the worker has not read begins when it is. */
  get #firstWaiting(): number {
    return this.#options.isElsewhere?.() === true ? 0 : 1;
  }

  /** Whether one of them may have to wait for its turn. */
  get #mayWait(): boolean {
    return this.#pending.length > (this.#options.isElsewhere === undefined ? 1 : 0);
  }

  /** Whether it was taken back; from now on nothing is known of it. */
  #forget(id: number): boolean {
    this.#takenBack.get(id)?.release();
    return this.#takenBack.delete(id);
  }

  #takeOut(index: number): PendingBatch | undefined {
    const [batch] = this.#pending.splice(index, 1);
    if (index === 0) this.#watchResponse();
    if (!this.#mayWait) this.#stopRecallTimer();
    return batch;
  }

  /** The clock runs for the batch that it computes. */
  #watchResponse(): void {
    clearTimeout(this.#responseTimer);
    this.#done = undefined;
    if (this.#pending.length === 0) return;
    this.turnStartedAt = performance.now();
    this.#responseTimer = startTimer(() => this.#onResponseTimer(), this.#options.responseTimeoutMs);
  }

  /** Each answer that comes in parts has its own clock, which starts again with each part; it stands while its reader is slow. */
  #onResponseTimer(): void {
    const { onResponseTimeout, responseTimeoutMs } = this.#options;
    // Its time has not begun.
    if (this.#firstWaiting === 0) return this.#watchResponse();
    const now = performance.now();
    let since = Infinity;
    for (const [request, job] of (this.current?.jobs ?? []).entries()) {
      if (!this.#done?.has(request)) since = Math.min(since, job.makingSince(now) ?? this.turnStartedAt);
    }
    const leftMs = (since === Infinity ? this.#doneAt : since) + responseTimeoutMs - now;
    if (leftMs <= 0) onResponseTimeout(responseTimeout(responseTimeoutMs));
    else this.#responseTimer = startTimer(() => this.#onResponseTimer(), Math.max(1, leftMs));
  }

  #stopRecallTimer(): void {
    clearTimeout(this.#recallTimer);
    this.#recallTimer = undefined;
  }

  #onRecallTimer(): void {
    this.#stopRecallTimer();
    if (!this.#mayWait) return;
    const next = this.#pending[this.#firstWaiting];
    if (next === undefined) {
      this.#recallTimer = setTimeout(() => this.#onRecallTimer(), RECALL_AFTER_MS);
      return;
    }
    const leftMs = next.sentAt + RECALL_AFTER_MS - performance.now();
    if (leftMs <= 0 && this.#isWorthIt(next)) this.#askBack(next.id);
    else this.#recallTimer = setTimeout(() => this.#onRecallTimer(), leftMs > 0 ? leftMs : RECALL_AFTER_MS);
  }

  /**
   * Where all workers are busy, a batch waits here as well as anywhere, for a while; but nobody is to compute what nobody
   * waits for.
   */
  #isWorthIt({ sentAt }: PendingBatch): boolean {
    if (this.#options.isAnotherIdle() || performance.now() - sentAt > LONGEST_WAIT_MS) return true;
    return this.#pending
      .slice(this.#firstWaiting)
      .some(({ jobs }) => jobs.some((job) => job.isSettled || job.caller.isGone));
  }

  #askBack(from: number): void {
    const to = this.#pending.at(-1)?.id ?? from;
    this.#options.askBack(from);
    // What the worker has said by then is read first.
    this.#recallTimer = setTimeout(() => setImmediate(() => this.#takeBack(from, to)), GIVING_BACK_MS);
  }

  #takeBack(from: number, to: number): void {
    if (!this.#options.isReading()) {
      this.#recallTimer = setTimeout(() => this.#takeBack(from, to), GIVING_BACK_MS);
      return;
    }
    for (const batch of this.#pending.slice(this.#firstWaiting)) {
      if (batch.id < from || batch.id > to) continue;
      // Others may be before it by now: that of another process may have begun meanwhile.
      this.#pending.splice(this.#pending.indexOf(batch), 1);
      this.#takenBack.set(batch.id, batch);
      batch.resolve({ kind: 'takenBack' });
    }
    this.#onRecallTimer();
  }
}

function responseTimeout(ms: number): ServeError {
  const message = `Worker died: it gave no answer within ${ms / 1000} s (response_timeout) and was ended.`;
  return new ServeError('response_timeout', message);
}
