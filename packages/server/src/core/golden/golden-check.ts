/** Whether a version answers the example requests that its archive brings along as the archive says it must. */
import { ServeError, toServeError, type ErrorCode } from '../errors.ts';
import type { ExpectedAnswer, GivenAnswer } from './golden-answer.ts';
import type { JobRequest, JobResult, Operation } from '../jobs/job.ts';
import type { Logger } from '../logger.ts';
import { wholeAnswer } from '../jobs/whole-answer.ts';
import type { ModelVersion } from '../model-version.ts';
import { startTimer } from '../timer.ts';

/** An example request, as an archive has it. */
export interface GoldenRequest {
  /** Reports name it. */
  readonly name: string;
  /** The method of the handler that it is for. */
  readonly operation: Exclude<Operation, 'describe'>;
  /** Name of the protocol that it is written in; undefined for the server's first. */
  readonly protocol?: string | undefined;
  /** Each name once, as the archive spells it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Named contents with their media types, as the codec of its protocol expects them. */
  readonly inputs: readonly { readonly name: string; readonly contentType: string; readonly content: Uint8Array }[];
  /** Undefined for a request that only warms a worker up. */
  readonly expected?: ExpectedAnswer;
}

/** What a protocol makes of a golden request, and of what comes back. */
export interface GoldenCodec {
  /** The request that a client would have made with this example. @throws ServeError `invalid_archive` for one that there cannot be */
  toJob(request: GoldenRequest): JobRequest;
  /** What a client would have got for it: a result as well as an error. */
  toAnswer(outcome: JobResult | ServeError, request: GoldenRequest): GivenAnswer;
}

/**
 * Says how an answer differs from the expected one, as `goldenMismatch` does: perhaps in another thread, since both can be
 * long. Never rejects.
 */
export type GoldenComparison = (expected: ExpectedAnswer, given: GivenAnswer) => Promise<string | undefined>;

/** A version passes with requests that expect nothing, and without any. */
export type GoldenStatus = 'not run' | 'passed' | 'failed';

/** Which requests are sent to which version, and who judges the answers. */
export interface GoldenCheckOptions {
  /** In the archive's order; empty for an archive without any, which passes. */
  readonly requests: readonly GoldenRequest[];
  /** The version that must answer. */
  readonly serving: ModelVersion;
  /** How they become jobs, and what comes back an answer. */
  readonly codec: GoldenCodec;
  /** Judges each answer that is expected to be something. */
  readonly compare: GoldenComparison;
  /** Carries the key; told how the check went. */
  readonly logger: Logger;
  /** Called when it is known how the version answers, and when that is not known any more. */
  readonly onKnown?: () => void;
  /** Whether the version is still there; default true. */
  readonly isRegistered?: () => boolean;
  /** The models that it asks; undefined for one that asks none. */
  readonly needs?: AwaitedNeeds | undefined;
}

/** Models without which no answer says anything about the version. */
export interface AwaitedNeeds {
  /** @throws ServeError `needs_not_ready` while one cannot serve */
  assertReady(): void;
  /** Calls back when that may have changed, until the result is called. */
  watch(listener: () => void): () => void;
}

/** Why there may be no answer that says anything about the version. */
const INCONCLUSIVE: readonly ErrorCode[] = ['no_worker', 'cancelled', 'shutting_down', 'deadline_exceeded'];

/** The requests are sent when the version's first worker is ready, before those of others. */
export class GoldenCheck {
  readonly #options: GoldenCheckOptions;
  readonly #subject: string;
  #status: GoldenStatus;
  #mismatch: string | undefined;
  #lastError: ServeError | undefined;
  /** How many workers took part when it passed. */
  #warmWorkers = 0;
  #running: Promise<void> | undefined;
  #isOutdated = false;
  #unwatch = () => {};

  constructor(options: GoldenCheckOptions) {
    const { name, version } = options.serving.key;
    this.#options = options;
    this.#subject = `Model "${name}" Version "${version}"`;
    this.#status = this.count === 0 ? 'passed' : 'not run';
    if (this.count === 0) return;
    this.#watch();
    options.serving.onPredictorChanged(() => this.#reopen());
    this.#askAgainLater();
  }

  /** How many requests there are. */
  get count(): number {
    return this.#options.requests.length;
  }

  /** How far it is. */
  get status(): GoldenStatus {
    return this.#status;
  }

  /** Which request was answered wrongly, and how; undefined when none was. */
  get mismatch(): string | undefined {
    return this.#mismatch;
  }

  /** Whether it is not known yet if the version answers rightly. */
  get isOpen(): boolean {
    return this.#status === 'not run';
  }

  /** @throws ServeError `default_version_not_ready` when the version is known to answer wrongly */
  assertRight(): void {
    if (this.#mismatch !== undefined) throw this.#notReady(this.#mismatch);
  }

  /** Holds an answer back until it is known whether it can be right. @throws ServeError `default_version_not_ready` */
  async hold<T>(answer: Promise<T>): Promise<T> {
    const result = await answer;
    if (this.isOpen) await this.#run(1);
    if (this.isOpen) throw this.#notReady(this.#lastError?.message ?? 'its golden requests were not answered');
    this.assertRight();
    return result;
  }

  /**
   * Sends the requests through all workers that are ready, where that has not been done; does nothing without workers.
   * @throws ServeError `golden_mismatch`; or what kept the requests from being answered
   */
  async verify(): Promise<void> {
    await this.#running;
    const workers = this.#readyWorkers;
    if (this.count > 0 && workers > this.#warmWorkers) await this.#run(workers);
    if (this.#mismatch !== undefined) throw new ServeError('golden_mismatch', `${this.#subject}: ${this.#mismatch}`);
    if (this.isOpen && this.#lastError !== undefined) throw this.#lastError;
  }

  get #readyWorkers(): number {
    return this.#options.serving.runners.filter(({ state }) => state === 'ready' || state === 'busy').length;
  }

  #notReady(reason: string): ServeError {
    const { key } = this.#options.serving;
    const advice = `Requests that name version "${key.version}" are served.`;
    return new ServeError(
      'default_version_not_ready',
      `${this.#subject} is not served as default: ${reason}. ${advice}`,
    );
  }

  #watch(): void {
    this.#unwatch();
    const { serving, needs, isRegistered = () => true } = this.#options;
    const ofWorkers = serving.watchWorkers(() => this.#onWorkersChanged());
    const ofNeeds = needs?.watch(() => (isRegistered() ? this.#onWorkersChanged() : this.#unwatch()));
    this.#unwatch = () => {
      ofWorkers();
      ofNeeds?.();
    };
  }

  /** Another model may be behind the handler: answers are held back until it is known how that answers. */
  #reopen(): void {
    // A run that has begun may have asked both.
    if (this.#running !== undefined) {
      this.#isOutdated = true;
      return;
    }
    this.#isOutdated = false;
    this.#status = 'not run';
    this.#mismatch = undefined;
    this.#warmWorkers = 0;
    this.#watch();
    this.#options.onKnown?.();
    this.#onWorkersChanged();
  }

  /** Now and then, where that is asked for; what is known holds meanwhile. */
  #askAgainLater(): void {
    const { serving, isRegistered = () => true } = this.#options;
    const { goldenIntervalMs } = serving.settings;
    if (goldenIntervalMs === 0) return;
    const timer = startTimer(() => {
      if (!isRegistered()) return;
      this.#onWorkersChanged();
      this.#askAgainLater();
    }, goldenIntervalMs);
    timer.unref();
  }

  #onWorkersChanged(): void {
    if (this.#readyWorkers > 0 && this.#running === undefined) void this.#run(1);
  }

  /** One run at a time; never rejects. */
  #run(workers: number): Promise<void> {
    this.#running ??= this.#runOnce(workers).finally(() => {
      this.#running = undefined;
      if (this.#isOutdated) this.#reopen();
    });
    return this.#running;
  }

  async #runOnce(workers: number): Promise<void> {
    const { logger } = this.#options;
    try {
      this.#options.needs?.assertReady();
      this.#mismatch = await this.#firstMismatch(workers);
    } catch (error) {
      this.#lastError = toServeError(error);
      if (this.#lastError.code === 'needs_not_ready') return;
      logger.warn('the golden requests could not be answered', { reason: this.#lastError.message });
      return;
    }
    this.#unwatch();
    this.#status = this.#mismatch === undefined ? 'passed' : 'failed';
    this.#warmWorkers = this.#mismatch === undefined ? workers : 0;
    if (this.#mismatch === undefined)
      logger.info('golden requests answered as expected', { count: this.count, workers });
    else logger.error('a golden request was answered wrongly', { reason: this.#mismatch });
    this.#options.onKnown?.();
  }

  /** As many requests at a time as there are workers, and at least one for each; stops at the first wrong answer. */
  async #firstMismatch(workers: number): Promise<string | undefined> {
    const { requests } = this.#options;
    const rounds = Math.ceil(workers / requests.length);
    const waiting = Array.from({ length: rounds }, () => requests).flat();
    let mismatch: string | undefined;
    const askAll = async () => {
      for (let request = waiting.shift(); request !== undefined && mismatch === undefined; request = waiting.shift()) {
        const problem = await this.#ask(request);
        mismatch ??= problem;
      }
    };
    await Promise.all(Array.from({ length: workers }, askAll));
    return mismatch;
  }

  /** @throws ServeError when there was no answer that says anything about the version */
  async #ask(request: GoldenRequest): Promise<string | undefined> {
    const { serving, codec, compare, logger } = this.#options;
    const { name, expected } = request;
    const outcome = await serving.dispatcher.submitFirst(codec.toJob(request)).then(wholeAnswer).catch(toServeError);
    const isError = outcome instanceof ServeError;
    if (isError && INCONCLUSIVE.includes(outcome.code)) throw outcome;
    if (expected !== undefined) {
      const problem = await compare(expected, codec.toAnswer(outcome, request));
      return problem && `golden request "${name}": ${problem}`;
    }
    if (isError) logger.warn('a golden request failed', { request: name, reason: outcome.message });
    return undefined;
  }
}
