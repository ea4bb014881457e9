/** Whoever waits for the answers of a call. */
import type { Caller } from '../../core/jobs/job.ts';

/** Goes when the call is cancelled, its time is over, its connection closes, or it has its whole answer. */
export class GrpcCaller implements Caller {
  #requests: Set<RequestCaller> | undefined;
  #isGone = false;
  #listener: (() => void) | undefined;
  #left: Promise<void> | undefined;
  #onLeft: (() => void) | undefined;

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Resolves when it goes. */
  get left(): Promise<void> {
    this.#left ??= this.#isGone ? Promise.resolve() : new Promise((resolve) => (this.#onLeft = resolve));
    return this.#left;
  }

  onGone(listener: () => void): void {
    this.#listener = listener;
  }

  /** Nobody waits any more. */
  leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#listener?.();
    this.leaveRequests();
    this.#onLeft?.();
  }

  /** Nobody reads the answers to requests that are under way. */
  leaveRequests(): void {
    for (const request of this.#requests ?? []) request.leave();
  }

  /** A caller for one request of many; to be released when that is answered. */
  forRequest(): RequestCaller {
    const requests = (this.#requests ??= new Set());
    const request = new RequestCaller((ended) => requests.delete(ended));
    if (this.#isGone) request.leave();
    else requests.add(request);
    return request;
  }
}

/** The caller of one request of a stream: goes with the stream, or when nobody reads its answer any more. */
export class RequestCaller implements Caller {
  readonly #onReleased: (caller: RequestCaller) => void;
  #isGone = false;
  #listener: (() => void) | undefined;

  constructor(onReleased: (caller: RequestCaller) => void) {
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
