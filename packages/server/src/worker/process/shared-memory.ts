/** The worker's side of the memory that it shares with the daemon; see `worker/host/shared-memory.ts`. */
import { readSync } from 'node:fs';
import type { SharedPlace } from '../../wire/run-message.ts';

/** Inherited; a handler sees the copy that is made here. */
const SHARED_FD = 4;

/** What the daemon put at a place. @throws Error when it is not there */
export function readShared({ offset, size }: SharedPlace): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let end = 0; end < size;) {
    const count = readSync(SHARED_FD, bytes, end, size - end, offset + end);
    if (count === 0) throw new Error(`the shared memory ends before ${offset + size}`);
    end += count;
  }
  return bytes;
}
