/** A caller that goes once, when it is told to. */
import type { Caller } from './job.ts';

/** Whoever waits at the other end of a connection, or of a call. */
export class LeavingCaller implements Caller {
  #isGone = false;
  #listener: (() => void) | undefined;

  get isGone(): boolean {
    return this.#isGone;
  }

  onGone(listener: () => void): void {
    this.#listener = listener;
  }

  /** It waits no more; later calls are ignored. */
  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listener?.();
  }
}
