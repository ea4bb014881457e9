/** The time of a call, and the signals that end it. */
import { ClientError, type ClientErrorFacts } from '../client-error.ts';

/** To be closed when the call is over. */
export class Deadline {
  readonly #endsAt: number;
  readonly #timeoutMs: number;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #outer: AbortSignal | undefined;
  /** Most calls have one, and end before it is called. */
  readonly #listeners = new Set<() => void>();
  #isOver = false;
  #controller: AbortController | undefined;
  readonly #end = () => {
    this.#isOver = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  };

  /** @param timeoutMs 0 for no limit @param outer the caller's own signal */
  constructor(timeoutMs: number, outer?: AbortSignal) {
    this.#timeoutMs = timeoutMs;
    this.#endsAt = timeoutMs > 0 ? Date.now() + timeoutMs : Infinity;
    if (timeoutMs > 0) this.#timer = setTimeout(this.#end, Math.min(timeoutMs, LONGEST_TIMER_MS));
    this.#outer = outer;
    if (outer?.aborted === true) this.#end();
    else outer?.addEventListener('abort', this.#end, { once: true });
  }

  /** Whether the time is over, or the caller's signal has aborted. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Calls back when it is over, at once when it is already. @returns what takes that back */
  whenOver(listener: () => void): () => void {
    if (this.#isOver) listener();
    else this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Aborts when it is over. It is made for whoever asks: most of what a call costs here would be this. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      this.whenOver(() => controller.abort(this.#outer?.reason));
    }
    return this.#controller.signal;
  }

  /** Milliseconds, at least 1; Infinity without a limit. */
  get remainingMs(): number {
    return Math.max(1, this.#endsAt - Date.now());
  }

  /** What the call fails with once it was ended; undefined before. */
  reason(host?: string): ClientError | undefined {
    if (!this.#isOver) return undefined;
    if (this.#outer?.aborted !== true) return this.exceeded(host);
    const cause: unknown = this.#outer.reason;
    return new ClientError('The call was aborted', { kind: 'aborted', host, cause });
  }

  /** The failure of a call whose time is over, whoever noticed it first. @param facts what is known of the answer */
  exceeded(host?: string, facts: Partial<ClientErrorFacts> = {}): ClientError {
    const place = host === undefined ? '' : ` from ${host}`;
    return new ClientError(`No answer${place} within ${this.#timeoutMs} ms`, { ...facts, kind: 'timeout', host });
  }

  /** Lets go of the timer and of the caller's signal. */
  close(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#end);
  }
}

/** Timers take no longer times. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
