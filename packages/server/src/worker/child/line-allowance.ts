/** How much of what a worker prints and logs goes to the log, so that a flood costs neither the daemon's time nor the disk. */

/** So many lines and bytes at once, and so many more each second. */
const LINES = 1000;
const BYTES = 2 ** 20;

/** How many lines and bytes of log are left to one worker; filled again as time passes. */
export class LineAllowance {
  #lines = LINES;
  #bytes = BYTES;
  #filledAt: number;

  /** @param now by the clock in milliseconds, as everywhere here */
  constructor(now: number) {
    this.#filledAt = now;
  }

  /** Whether a line of so many bytes may be logged; it counts when it may. */
  take(bytes: number, now: number): boolean {
    this.#fill(now);
    if (this.#lines < 1 || this.#bytes <= 0) return false;
    this.#lines -= 1;
    this.#bytes -= bytes;
    return true;
  }

  #fill(now: number): void {
    const seconds = (now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#lines = Math.min(LINES, this.#lines + seconds * LINES);
    this.#bytes = Math.min(BYTES, this.#bytes + seconds * BYTES);
  }
}
