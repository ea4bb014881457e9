/** The board of a version, as those read it who give its workers batches; see `worker/process/board.ts`. */
import { closeSync, openSync, readSync } from 'node:fs';
import { WORKER_IDLE, WORKER_RESERVED } from '../../wire/daemon-message.ts';

/** Most workers of a version. */
export const BOARD_BYTES = 4096;

/** Reads bytes of workers. */
export class BoardReader {
  readonly #fd: number;
  readonly #bytes = new Uint8Array(BOARD_BYTES);

  /** @throws Error when there is no such file */
  constructor(file: string) {
    this.#fd = openSync(file, 'r');
  }

  /** Those of all workers up to the slot, as they are now; valid until the next call. */
  readTo(slot: number): Uint8Array {
    readSync(this.#fd, this.#bytes, 0, slot + 1, 0);
    return this.#bytes;
  }

  /** Whether a worker computes a batch of somebody else. */
  isElsewhere(slot: number, own: number): boolean {
    readSync(this.#fd, this.#bytes, slot, 1, slot);
    const value = this.#bytes[slot];
    return value !== WORKER_IDLE && value !== WORKER_RESERVED && value !== own;
  }

  /** It is read no more. */
  close(): void {
    closeSync(this.#fd);
  }
}
