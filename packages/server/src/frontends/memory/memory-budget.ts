/** How much memory the bodies and answers that are on their way may take together. */
import { startTimer } from '../../core/timer.ts';

/** What comes takes at most this part of what is left, so that there is always room for what is smaller. */
const PARTS = 4;
const MOST_WAITING = 1000;

interface Waiting {
  readonly bytes: number;
  letIn(): void;
}

/** Bytes that are taken and given back; who finds no room waits or is refused. */
export class MemoryBudget {
  /** How much there is (`max_inflight_bytes`). */
  readonly limitBytes: number;
  #taken = 0;
  readonly #waiting = new Set<Waiting>();

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Whether more is taken than there is. */
  get isOverdrawn(): boolean {
    return this.#taken > this.limitBytes;
  }

  /** Takes the bytes when they are a small part of what is left, or all that is there; says whether it did. */
  tryTake(bytes: number): boolean {
    const left = this.limitBytes - this.#taken;
    if (bytes > left / PARTS && (this.#taken > 0 || bytes > left)) return false;
    this.#taken += bytes;
    return true;
  }

  /** Takes bytes that are there already, be there room or not. */
  take(bytes: number): void {
    this.#taken += bytes;
  }

  /** Gives back what was taken; who waits comes in, the first first. */
  give(bytes: number): void {
    this.#taken -= bytes;
    if (bytes === 0) return;
    for (const waiting of this.#waiting) if (this.tryTake(waiting.bytes)) waiting.letIn();
  }

  /** Resolves with true once the bytes are taken; with false when there was no room in time, or too many wait already. */
  takeWithin(timeoutMs: number, bytes: number): Promise<boolean> {
    if (this.tryTake(bytes)) return Promise.resolve(true);
    if (this.#waiting.size >= MOST_WAITING || bytes > this.limitBytes) return Promise.resolve(false);
    return new Promise((resolve) => {
      const finish = (isIn: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        resolve(isIn);
      };
      const waiting = { bytes, letIn: () => finish(true) };
      const timer = startTimer(() => finish(false), timeoutMs);
      this.#waiting.add(waiting);
    });
  }
}
