/** What was served for front ends, told to the daemon, which replaces workers that have served enough. */

// A handler may replace what is global.
const startTimer = setTimeout;

/** How long it may be untold: reading the memory takes about as long as a small batch. */
const TELL_MS = 250;

/** Counts, and tells now and then. */
export class Usage {
  readonly #tell: (served: number) => void;
  #served = 0;
  #isTimed = false;

  /** @param tell called with all requests so far */
  constructor(tell: (served: number) => void) {
    this.#tell = tell;
  }

  /** So many requests more. */
  served(requests: number): void {
    this.#served += requests;
    if (this.#isTimed) return;
    this.#isTimed = true;
    startTimer(() => {
      this.#isTimed = false;
      this.#tell(this.#served);
    }, TELL_MS).unref();
  }
}
