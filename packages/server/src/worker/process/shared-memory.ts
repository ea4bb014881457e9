/** The worker's side of the memory that it shares with the daemon; see `worker/host/shared-memory.ts`. */
import { readSync } from 'node:fs';
import type { SharedPlace } from '../../wire/run-message.ts';

/** Inherited; a handler sees the copy that is made here. */
const SHARED_FD = 4;
/** What is used again is given to the system when nothing large came for so long. */
const IDLE_MS = 10_000;

/** What the daemon put at a place, in memory of its own. @throws Error when it is not there */
export function readShared(place: SharedPlace): Buffer {
  return readInto(Buffer.allocUnsafeSlow(place.size), place);
}

let kept = Buffer.alloc(0);
let idleTimer: NodeJS.Timeout | undefined;

/** The same, in memory that the next call uses again: a batch is over by then. */
export function readSharedAgain(place: SharedPlace): Buffer {
  if (kept.length < place.size) kept = Buffer.allocUnsafeSlow(place.size);
  if (idleTimer === undefined) idleTimer = setTimeout(letGo, IDLE_MS).unref();
  else idleTimer.refresh();
  return readInto(kept.subarray(0, place.size), place);
}

function letGo(): void {
  kept = Buffer.alloc(0);
}

function readInto(bytes: Buffer, { offset, size }: SharedPlace): Buffer {
  for (let end = 0; end < size;) {
    const count = readSync(SHARED_FD, bytes, end, size - end, offset + end);
    if (count === 0) throw new Error(`the shared memory ends before ${offset + size}`);
    end += count;
  }
  return bytes;
}
