/** A log file that is put aside when it is large or old: `server.log`, then `server.log.1` … `server.log.10`. */
import { appendFileSync } from 'node:fs';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { TextSink } from './text-sink.ts';

/** When a file is put aside, and how many are kept. */
export interface Rotation {
  /** A file that has so many bytes is put aside; 0: however large it is. */
  readonly maxBytes: number;
  /** When it is put aside, however small it is: at the full hour, or at midnight. */
  readonly interval: 'off' | 'hourly' | 'daily';
  /** How many of those that were put aside are kept; the oldest goes first. */
  readonly maxFiles: number;
}

const INTERVALS = { off: undefined, hourly: '1h', daily: '1d' } as const;

/** Appends to the file, also after a write that failed, when there is room again. */
export function createRotatingFileSink(file: string, rotation: Rotation): TextSink {
  let stream = open(file, rotation);
  const reopen = () => {
    stream.end();
    stream = open(file, rotation);
    return true;
  };
  return {
    write(text) {
      // The library gives a stream up at the first error, as on a full disk.
      if (stream.destroyed) stream = open(file, rotation);
      return new Promise((resolve, reject) => {
        stream.write(text, (error) => (error == null ? resolve() : reject(error)));
      });
    },
    writeSync: (text) => appendFileSync(file, text),
    reopen,
  };
}

function open(file: string, { maxBytes, interval, maxFiles }: Rotation): RotatingFileStream {
  const stream = createStream(file, {
    rotate: maxFiles,
    ...(maxBytes > 0 && { size: `${maxBytes}B` }),
    ...(INTERVALS[interval] !== undefined && { interval: INTERVALS[interval] }),
  });
  // Whoever writes learns of it.
  stream.on('error', () => {});
  return stream;
}
