/** The board of a version, as those read it who give its workers batches; see `worker/process/board.ts`. */
import { closeSync, openSync, readSync } from 'node:fs';
import { WORKER_IDLE, WORKER_RESERVED } from '../../wire/daemon-message.ts';

/** Most workers of a version. */
export const BOARD_BYTES = 4096;

/** Reads bytes of workers; on a board that is gone, or closed, all of them are idle: its version is going. */
export class BoardReader {
  #fd: number | undefined;
  readonly #bytes = new Uint8Array(BOARD_BYTES);

  /** @throws Error for a file that cannot be opened though it is there */
  constructor(file: string) {
    this.#fd = openIfThere(file);
  }

  /** Those of all workers up to the slot, as they are now; valid until the next call. */
  readTo(slot: number): Uint8Array {
    if (this.#fd !== undefined) readSync(this.#fd, this.#bytes, 0, slot + 1, 0);
    return this.#bytes;
  }

  /** Whether a worker computes a batch of somebody else. */
  isElsewhere(slot: number, own: number): boolean {
    if (this.#fd === undefined) return false;
    readSync(this.#fd, this.#bytes, slot, 1, slot);
    const value = this.#bytes[slot];
    return value !== WORKER_IDLE && value !== WORKER_RESERVED && value !== own;
  }

  /** It is read no more. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    this.#bytes.fill(WORKER_IDLE);
  }
}

/** A version that is unregistered as soon as it is registered has taken it along when a front end hears of it. */
function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
