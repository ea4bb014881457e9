/**
 * Memory that the daemon shares with one worker, for payloads that the buffer of their socket pair does not hold (208 KB on
 * Linux): such a payload would cross it in several turns, in which each end waits for the other. It is a file in Linux'
 * /dev/shm without a name, which the worker inherits as file descriptor 4; where there is none, the socket carries everything.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, unlinkSync, writevSync } from 'node:fs';
import type { SharedPlace } from '../../wire/run-message.ts';
import { SharedPlaces } from './shared-places.ts';

const FOLDER = '/dev/shm';
/** As much as is written at once, on the daemon's thread, takes a few milliseconds. */
const CAPACITY_BYTES = 16 * 2 ** 20;
/** Smaller payloads are as fast in the frame. */
const SMALLEST_BYTES = 64 * 1024;

/** The daemon's end of that memory: who wants to send takes a place, and releases it when the worker has read it. */
export class SharedMemory {
  /** Of the file, in this process. */
  readonly fd: number;
  /** None when it is closed, or the system has no memory left for it. */
  #places = new SharedPlaces(CAPACITY_BYTES);

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Undefined where the system has no such memory, or gives none now. */
  static open(): SharedMemory | undefined {
    const name = `${FOLDER}/marserve-${randomUUID()}`;
    try {
      const fd = openSync(name, 'wx+', 0o600);
      unlinkSync(name);
      return new SharedMemory(fd);
    } catch {
      return undefined;
    }
  }

  /** Whether a payload of so many bytes would find a place now. */
  hasRoom(bytes: number): boolean {
    return bytes >= SMALLEST_BYTES && this.#places.has(bytes);
  }

  /** Where the payload is from now on, until it is released; undefined when it has to go another way. */
  write(payload: readonly Uint8Array[]): SharedPlace | undefined {
    const size = payload.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const place = size < SMALLEST_BYTES ? undefined : this.#places.take(size);
    if (place === undefined || this.#fill(place, payload)) return place;
    // The system has no memory left for it, and is not asked again.
    this.#places = new SharedPlaces(0);
    return undefined;
  }

  /** What is there is not needed any more. */
  release(place: SharedPlace): void {
    this.#places.release(place);
  }

  /** From now on there is no place in it. */
  close(): void {
    this.#places = new SharedPlaces(0);
    closeSync(this.fd);
  }

  #fill({ offset, size }: SharedPlace, payload: readonly Uint8Array[]): boolean {
    try {
      return writevSync(this.fd, payload, offset) === size;
    } catch {
      return false;
    }
  }
}
