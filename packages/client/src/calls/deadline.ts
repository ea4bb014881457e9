/** The time of a call, and the signals that end it. */
import { ClientError, type ClientErrorFacts } from '../client-error.ts';

/** To be closed when the call is over. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #endsAt: number;
  readonly #timeoutMs: number;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = () => this.#controller.abort(this.#outer?.reason);

  /** @param timeoutMs 0 for no limit @param outer the caller's own signal */
  constructor(timeoutMs: number, outer?: AbortSignal) {
    this.#timeoutMs = timeoutMs;
    this.#endsAt = timeoutMs > 0 ? Date.now() + timeoutMs : Infinity;
    if (timeoutMs > 0) this.#timer = setTimeout(() => this.#controller.abort(), Math.min(timeoutMs, LONGEST_TIMER_MS));
    this.#outer = outer;
    if (outer?.aborted === true) this.#onAbort();
    else outer?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Aborts when the time is over, or the caller's signal aborts. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds, at least 1; Infinity without a limit. */
  get remainingMs(): number {
    return Math.max(1, this.#endsAt - Date.now());
  }

  /** What the call fails with once it was ended; undefined before. */
  reason(host?: string): ClientError | undefined {
    if (!this.signal.aborted) return undefined;
    const { reason } = this.signal;
    const cause: unknown = reason;
    if (this.#outer?.aborted === true) return new ClientError('The call was aborted', { kind: 'aborted', host, cause });
    return this.exceeded(host);
  }

  /** The failure of a call whose time is over, whoever noticed it first. @param facts what is known of the answer */
  exceeded(host?: string, facts: Partial<ClientErrorFacts> = {}): ClientError {
    const place = host === undefined ? '' : ` from ${host}`;
    return new ClientError(`No answer${place} within ${this.#timeoutMs} ms`, { ...facts, kind: 'timeout', host });
  }

  /** Lets go of the timer and of the caller's signal. */
  close(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }
}

/** Timers take no longer times. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
