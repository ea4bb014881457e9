/** This worker's byte on its version's board, which front ends read before they give it a batch. */
import { openSync, writeSync } from 'node:fs';

// A handler may replace what is global.
const writeTo = writeSync;

/** A file, because processes of Node share no memory: a byte of it is written in two microseconds. */
export class Board {
  readonly #fd: number;
  readonly #slot: number;
  readonly #byte = new Uint8Array(1);

  /** @throws Error when there is no such file */
  constructor(file: string, slot: number) {
    this.#fd = openSync(file, 'r+');
    this.#slot = slot;
    writeTo(this.#fd, this.#byte, 0, 1, slot);
  }

  /** Shows it, where it is not shown already. */
  write(value: number): void {
    if (this.#byte[0] === value) return;
    this.#byte[0] = value;
    writeTo(this.#fd, this.#byte, 0, 1, this.#slot);
  }
}
