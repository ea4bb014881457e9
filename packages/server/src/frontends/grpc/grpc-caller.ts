/** Whoever waits for the answers of a call. */
import type { EventEmitter } from 'node:events';
import type { Caller } from '../../core/jobs/job.ts';

/** Gone when the call is cancelled, its time is over, or its connection closes. */
export class GrpcCaller implements Caller {
  /** Resolves when it goes. */
  readonly left: Promise<void>;
  readonly #parts = new Set<StreamCaller>();
  #isGone = false;
  #listener: (() => void) | undefined;

  constructor(call: EventEmitter) {
    this.left = new Promise((resolve) => {
      call.once('cancelled', () => {
        this.#isGone = true;
        this.#listener?.();
        this.leaveRequests();
        resolve();
      });
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  onGone(listener: () => void): void {
    this.#listener = listener;
  }

  /** Nobody reads the answers to requests that are under way. */
  leaveRequests(): void {
    for (const part of this.#parts) part.leave();
  }

  /** A caller for one request of many; to be released when that is answered. */
  forRequest(): StreamCaller {
    const part = new StreamCaller((ended) => this.#parts.delete(ended));
    if (this.#isGone) part.leave();
    else this.#parts.add(part);
    return part;
  }
}

/** The caller of one request of a stream: goes with the stream, or when nobody reads its answer any more. */
export class StreamCaller implements Caller {
  readonly #onReleased: (caller: StreamCaller) => void;
  #isGone = false;
  #listener: (() => void) | undefined;

  constructor(onReleased: (caller: StreamCaller) => void) {
    this.#onReleased = onReleased;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  onGone(listener: () => void): void {
    this.#listener = listener;
  }

  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listener?.();
  }

  /** Its answer was read, or is not wanted. */
  release(): void {
    this.#onReleased(this);
  }
}
