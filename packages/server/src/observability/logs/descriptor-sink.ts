/** stdout, or a file that is none on a disk (a pipe, a terminal, a device): nothing of it can be rotated. */
import { closeSync, openSync, write, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TextSink } from './text-sink.ts';

const STDOUT = 1;
const writeTo = promisify(write<Uint8Array>);
/** The reader is gone, or the terminal: nobody will come back for the rest. */
const GONE = new Set(['EPIPE', 'EBADF', 'EIO', 'ENXIO']);
/** A pipe that is full says EAGAIN. */
const FULL_PIPE_MS = 20;

/** @param file stdout by default */
export function createDescriptorSink(file?: string): TextSink {
  let fd = file === undefined ? STDOUT : openSync(file, 'a');
  let isGone = false;
  return {
    async write(text) {
      for (let rest: Uint8Array = Buffer.from(text); rest.length > 0 && !isGone;) {
        try {
          rest = rest.subarray((await writeTo(fd, rest)).bytesWritten);
        } catch (error) {
          const { code = '' } = error as NodeJS.ErrnoException;
          if (code === 'EAGAIN') await sleep(FULL_PIPE_MS);
          else if (GONE.has(code)) isGone = true;
          else throw error;
        }
      }
    },
    writeSync(text) {
      if (!isGone) writeSync(fd, text);
    },
    reopen() {
      if (file === undefined) return false;
      const former = fd;
      fd = openSync(file, 'a');
      isGone = false;
      closeSync(former);
      return true;
    },
  };
}
