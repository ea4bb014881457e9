/** Whoever waits for the answers of a call. */
import { LeavingCaller } from '../../core/jobs/leaving-caller.ts';

/** Goes when the call is cancelled, its time is over, its connection closes, or it has its whole answer. */
export class GrpcCaller extends LeavingCaller {
  #requests: Set<RequestCaller> | undefined;
  #left: Promise<void> | undefined;
  #onLeft: (() => void) | undefined;

  /** Resolves when it goes. */
  get left(): Promise<void> {
    this.#left ??= this.isGone ? Promise.resolve() : new Promise((resolve) => (this.#onLeft = resolve));
    return this.#left;
  }

  /** Nobody waits any more. */
  override leave(): void {
    if (this.isGone) return;
    super.leave();
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
    if (this.isGone) request.leave();
    else requests.add(request);
    return request;
  }
}

/** The caller of one request of a stream: goes with the stream, or when nobody reads its answer any more. */
export class RequestCaller extends LeavingCaller {
  readonly #onReleased: (caller: RequestCaller) => void;

  constructor(onReleased: (caller: RequestCaller) => void) {
    super();
    this.#onReleased = onReleased;
  }

  /** Its answer was read, or is not wanted. */
  release(): void {
    this.#onReleased(this);
  }
}
