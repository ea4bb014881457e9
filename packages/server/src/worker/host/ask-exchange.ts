/** What a worker asks other models, and what they answer: each question is a job of theirs. */
import { isFault, ServeError, toServeError } from '../../core/errors.ts';
import type { Job, JobAnswer } from '../../core/jobs/job.ts';
import { LeavingCaller } from '../../core/jobs/leaving-caller.ts';
import { MOST_AHEAD, type PartAmount, type PartStream } from '../../core/jobs/part-stream.ts';
import type { Logger } from '../../core/logger.ts';
import type { ModelCalls } from '../../core/model-calls.ts';
import type { ModelKey } from '../../core/model-key.ts';
import type { AskMessage, AskPlace } from '../../wire/ask-message.ts';
import type { AskAmount, DaemonMessage } from '../../wire/daemon-message.ts';
import type { RunMessage } from '../../wire/run-message.ts';
import type { PartsTakenMessage } from '../../wire/worker-message.ts';

/** The models that workers may ask. */
export interface AskedModels {
  /** Runs their questions. */
  readonly calls: ModelCalls;
  /** The status that a client of HTTP would get. */
  readonly statusOf: (error: ServeError) => number;
  /** How much a worker may ask at a time. */
  readonly limit: AskAmount;
}

/** Whose questions these are. */
export interface AskExchangeOptions extends AskedModels {
  /** The worker's version. */
  readonly key: ModelKey;
  /** The job that the worker computes there; undefined when it does not. */
  readonly jobAt: (place: { readonly batch: number; readonly request: number }) => Job | undefined;
  /** Tells the worker, the payload behind it. */
  readonly say: (message: Exclude<DaemonMessage, RunMessage>, payload?: readonly Uint8Array[]) => void;
  /** Resolves when the worker reads what it is told; undefined while it does. */
  readonly untilRead: () => Promise<void> | undefined;
  /** Told of faults of ours. */
  readonly logger: Logger;
}

/** A question that is not answered yet; whoever waits for it is the worker. */
class OpenAsk extends LeavingCaller {
  /** Those that wait for it; undefined where the handler asks for itself. */
  readonly jobs: Set<Job> | undefined;
  readonly bytes: number;
  /** Parts that the worker has, and has not taken as far as is known. */
  #ahead = { parts: 0, bytes: 0 };
  #onRoom = () => {};

  constructor(jobs: readonly Job[] | undefined, bytes: number) {
    super();
    this.jobs = jobs && new Set(jobs);
    this.bytes = bytes;
  }

  /** The job does not wait for it any more; nobody does when no other job is left. */
  leaveJob(job: Job): void {
    if (this.jobs?.delete(job) === true && this.jobs.size === 0) this.leave();
  }

  /** A part is sent to the worker. @returns what resolves when there is room for one more, or nobody waits for it */
  async sent({ byteLength }: Uint8Array): Promise<void> {
    this.#ahead = { parts: this.#ahead.parts + 1, bytes: this.#ahead.bytes + byteLength };
    if (this.#hasRoom) return;
    await new Promise<void>((resolve) => (this.#onRoom = resolve));
  }

  /** @throws Error for more than it was sent */
  taken({ parts, bytes }: PartAmount): void {
    this.#ahead = { parts: this.#ahead.parts - parts, bytes: this.#ahead.bytes - bytes };
    if (this.#ahead.parts < 0 || this.#ahead.bytes < 0) throw new Error('more parts of an answer taken than were sent');
    if (this.#hasRoom) this.#onRoom();
  }

  override leave(): void {
    super.leave();
    this.#onRoom();
  }

  get #hasRoom(): boolean {
    return this.isGone || (this.#ahead.parts < MOST_AHEAD.parts && this.#ahead.bytes < MOST_AHEAD.bytes);
  }
}

/** Of one worker, or of one connection to it. */
export class AskExchange {
  readonly #options: AskExchangeOptions;
  readonly #open = new Map<number, OpenAsk>();
  #lastId = 0;
  #bytes = 0;

  constructor(options: AskExchangeOptions) {
    this.#options = options;
  }

  /** The answer is sent when there is one. @throws Error for more than a worker may ask, which an honest one does not */
  receive(message: AskMessage, payload: Buffer): void {
    this.#check(message, payload.length);
    const jobs = message.by && this.#waitingJobs(message.by);
    if (jobs?.length === 0) return this.#refuse(message.id, nobodyWaits());
    const ask = new OpenAsk(jobs, payload.length);
    this.#open.set(message.id, ask);
    this.#bytes += ask.bytes;
    // It never rejects.
    void this.#run(message, payload, ask);
  }

  /** Nobody waits for the answer to a job of the worker, or it has answered. */
  cancel(job: Job): void {
    if (this.#open.size === 0) return;
    for (const ask of this.#open.values()) ask.leaveJob(job);
  }

  /** Nobody waits for the answer to this question, if there is none yet. */
  withdraw(id: number): void {
    this.#open.get(id)?.leave();
  }

  /** The worker has taken so much of an answer, which may be over by now. @throws Error for more than it was sent */
  taken({ id, parts, bytes }: PartsTakenMessage): void {
    this.#open.get(id)?.taken({ parts, bytes });
  }

  /** Nobody waits for anything: the worker is gone. */
  end(): void {
    for (const ask of this.#open.values()) ask.leave();
  }

  /** Without those that were answered, or given up, before the worker was done with them. */
  #waitingJobs({ batch, requests }: AskPlace): Job[] {
    const jobs: Job[] = [];
    for (const request of requests) {
      const job = this.#options.jobAt({ batch, request });
      if (job !== undefined && !job.isSettled && !job.caller.isGone) jobs.push(job);
    }
    return jobs;
  }

  #check({ id, by }: AskMessage, bytes: number): void {
    const { asks, bytes: most, askBytes } = this.#options.limit;
    if (id <= this.#lastId) throw new Error(`a question ${id} behind the question ${this.#lastId}`);
    this.#lastId = id;
    const requests = by?.requests.length ?? 0;
    if (requests > asks) throw new Error(`a question for ${requests} requests, ${asks} at most`);
    if (bytes > askBytes) throw new Error(`a question of ${bytes} bytes, ${askBytes} at most`);
    if (this.#open.size >= asks) throw new Error(`more than ${asks} questions at a time`);
    if (this.#open.size > 0 && this.#bytes + bytes > most) throw new Error(`questions of more than ${most} bytes`);
  }

  async #run(message: AskMessage, payload: Buffer, ask: OpenAsk): Promise<void> {
    const { id } = message;
    try {
      // Answers that nobody reads are not to pile up here.
      const reading = this.#options.untilRead();
      if (reading !== undefined) await reading;
      const answer = await this.#answer(message, payload, ask);
      const { body, rest } = answer;
      if (rest !== undefined) await this.#sendParts([body, rest], message, ask);
      this.#close(id, ask);
      this.#options.say({ kind: 'answered', id }, rest === undefined ? [body] : []);
    } catch (error) {
      this.#close(id, ask);
      this.#refuse(id, error);
    }
  }

  async #answer(message: AskMessage, body: Buffer, ask: OpenAsk): Promise<Pick<JobAnswer, 'body' | 'rest'>> {
    const { calls, key } = this.#options;
    const { model: name, operation, form, serial, headers, timeoutMs, isBackground } = message;
    const version = message.version === '' ? undefined : message.version;
    if (operation === 'describe') return { body: Buffer.from(JSON.stringify(calls.describe(name, version))) };
    const asked = { name, version, serial, operation, form, headers, timeoutMs, isBackground };
    const requests = message.by?.requests.length ?? 1;
    const call = { ...asked, body, asking: key, jobs: [...(ask.jobs ?? [])], requests };
    return calls.run(call, ask);
  }

  /** As many as the worker takes: the worker that makes them waits for it, too. */
  async #sendParts([first, rest]: readonly [Uint8Array, PartStream], { id }: AskMessage, ask: OpenAsk): Promise<void> {
    const send = async (body: Uint8Array) => {
      if (!ask.isGone) this.#options.say({ kind: 'answerPart', id }, [body]);
      await ask.sent(body);
    };
    try {
      await send(first);
      for await (const { body } of rest) await send(body);
    } finally {
      await rest.return();
    }
    if (ask.isGone) throw nobodyWaits();
  }

  #close(id: number, { bytes }: OpenAsk): void {
    this.#open.delete(id);
    this.#bytes -= bytes;
  }

  #refuse(id: number, thrown: unknown): void {
    const { logger, say, statusOf } = this.#options;
    if (isFault(thrown)) logger.error('a question to another model failed', { error: thrown });
    const error = toServeError(thrown);
    say({ kind: 'askFailed', id, message: error.message, status: statusOf(error) });
  }
}

function nobodyWaits(): ServeError {
  return new ServeError('cancelled', 'Nobody waits for the answer any more');
}
