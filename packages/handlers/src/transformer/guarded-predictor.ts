/** A predictor that must have a particular model: it is asked which one it has, and answers of another are not passed on. */
import type { ClientError, Host, ResponseHead } from '@marserve/client';
import type { HandlerLogger } from '../handler.ts';
import type { PredictorIdentity, PredictorReport } from '../context/predictor-report.ts';
import { PredictionError } from '../prediction-error.ts';
import { identityIn, isPinned } from './identity.ts';
import { KnownHosts, type HostPlace } from './known-hosts.ts';
import type { PredictorInputs, PredictorOutputs } from './payload.ts';
import type { Predictor, PredictorCall, PredictorOperation } from './predictor.ts';
import type { PredictorOptions } from './transformer-options.ts';

/** What is guarded, and who is told. */
export interface GuardOptions extends Pick<PredictorOptions, 'host' | 'expected' | 'onMismatch'> {
  /** It is asked. */
  readonly predictor: Predictor;
  /** Told once for each change. */
  readonly logger: Pick<HandlerLogger, 'info' | 'warn'>;
  /** Called when anything is known that was not before. */
  readonly onReport: (report: PredictorReport) => void;
}

/** An answer, and whose it is. */
export interface GuardedAnswer {
  /** Of the predictor. */
  readonly outputs: PredictorOutputs;
  /** What it said that its model is; undefined where nothing is known. */
  readonly predictor: PredictorIdentity | undefined;
}

const TIMEOUT_MS = 2000;

/** Asks on behalf of requests, and for itself. */
export class GuardedPredictor {
  readonly #options: GuardOptions;
  readonly #hosts: KnownHosts;
  readonly #isPinned: boolean;
  #hasBeenRight = false;
  #said: string | undefined;

  /** Nothing is known before it is asked. */
  constructor(options: GuardOptions) {
    this.#options = options;
    this.#isPinned = isPinned(options.expected);
    this.#hosts = new KnownHosts(options.expected, (report) => this.#onChange(report));
  }

  /** See `Predictor`. */
  get takesTensors(): boolean {
    return this.#options.predictor.takesTensors;
  }

  /** See `Predictor`. */
  get isLocal(): boolean {
    return this.#options.predictor.isLocal === true;
  }

  /** Whether all hosts are known to be right. */
  get isSettled(): boolean {
    return !this.#hosts.have('wrong') && !this.#hosts.have('unknown');
  }

  /** Which hosts are wrong, and how; undefined when none is. */
  get mismatch(): string | undefined {
    return this.#hosts.problem();
  }

  /** @throws ClientError, PredictionError; 503 where the predictor is another one, and that is refused */
  async ask(operation: PredictorOperation, inputs: PredictorInputs, call: PredictorCall): Promise<GuardedAnswer> {
    let last: ResponseHead | undefined;
    const refuse = (head: ResponseHead) => {
      last = head;
      return this.#refuse(head);
    };
    try {
      const outputs = await this.#options.predictor.ask(operation, inputs, { ...call, refuse });
      if (last !== undefined) await this.#confirm(last);
      return { outputs, predictor: last && this.#hosts.identityOf(last) };
    } catch (error) {
      const { kind, host } = error as Partial<ClientError>;
      if (kind === 'connection' && host !== undefined) this.#hosts.lost({ host });
      throw error;
    }
  }

  /** Asks every host which model it has; never rejects. @returns why no request can be answered rightly, undefined when one can */
  async look(): Promise<string | undefined> {
    if (!this.#isPinned) return undefined;
    const hosts = await this.#options.predictor.hosts?.();
    if (hosts === undefined) return this.#options.onMismatch === 'refuse' ? this.#hosts.problem() : undefined;
    this.#hosts.keep(hosts.map(placeOf));
    const problems = await Promise.all(hosts.map((host) => this.#lookAt(host)));
    this.#hasBeenRight ||= this.#hosts.have('right');
    if (this.#options.onMismatch === 'warn' || this.#hosts.have('right')) return undefined;
    const reason = problems.find((problem) => problem !== undefined) ?? 'it has not been asked';
    const unknown = this.#hasBeenRight ? undefined : `the predictor cannot be asked which model it has: ${reason}`;
    return this.#hosts.problem() ?? unknown;
  }

  /** Why a head is not that of the model that is expected. */
  #refuse(head: ResponseHead): string | undefined {
    const found = identityIn(head.headers);
    if (found !== undefined) this.#hosts.found(head, found);
    return this.#options.onMismatch === 'refuse' ? this.#hosts.problem(head) : undefined;
  }

  /** Of a host whose answers do not tell, and that may be another since it was last asked, the answer waits until it was. */
  async #confirm(head: ResponseHead): Promise<void> {
    if (this.#hosts.stateOf(head) === 'right') return;
    const { predictor, expected } = this.#options;
    if (!this.#isPinned || predictor.identify === undefined) return this.#hosts.found(head, { name: expected.name });
    await this.#lookAt({ url: head.host, address: head.address });
    const problem = this.#options.onMismatch === 'refuse' ? this.#hosts.problem(head) : undefined;
    if (problem !== undefined) throw new PredictionError(`Predictor ${head.host}: ${problem}`, 503);
  }

  async #lookAt(host: Host): Promise<string | undefined> {
    try {
      const found = await this.#options.predictor.identify?.({ timeoutMs: TIMEOUT_MS, host });
      if (found !== undefined) this.#hosts.found(placeOf(host), found);
      return undefined;
    } catch (error) {
      this.#hosts.lost(placeOf(host));
      return error instanceof Error ? error.message : String(error);
    }
  }

  #onChange(report: PredictorReport): void {
    const { logger, onReport } = this.#options;
    const problem = this.#hosts.problem();
    if (problem !== this.#said) {
      if (problem !== undefined) logger.warn(problem);
      else if (this.#hosts.have('right')) logger.info('the predictor is the expected one again');
    }
    this.#said = problem;
    onReport(report);
  }
}

function placeOf({ url: host, address }: Host): HostPlace {
  return { host, address };
}
