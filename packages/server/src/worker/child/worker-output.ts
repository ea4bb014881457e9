/** stdout and stderr of a worker as lines of the log; the last ones are kept to explain how it ended. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { readPaced } from './read-paced.ts';

/** Longer lines are cut into pieces, so that output without line ends is never collected without bound. */
const MAX_LINE_CHARS = 8192;
const TAIL_LINES = 20;
/** A line that is dropped takes as long as to read so many bytes. */
const LINE_COST_BYTES = 30;

/** Calls `onLine` for each line of a stream. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  readPaced(stream, (chunk) => {
    const pieces = (rest + decoder.write(chunk)).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) for (const line of cut(piece)) onLine(line);
    const cost = chunk.length + pieces.length * LINE_COST_BYTES;
    while (rest.length > MAX_LINE_CHARS) {
      onLine(rest.slice(0, MAX_LINE_CHARS));
      rest = rest.slice(MAX_LINE_CHARS);
    }
    return cost;
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
  stream.on('error', () => {});
}

function cut(line: string): string[] {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text.length <= MAX_LINE_CHARS) return [text];
  return [text.slice(0, MAX_LINE_CHARS), ...cut(text.slice(MAX_LINE_CHARS))];
}

/** The last lines that were added. */
export class LineTail {
  readonly #lines: string[] = [];

  /** Keeps a line, and forgets the oldest beyond 20. */
  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > TAIL_LINES) this.#lines.shift();
  }

  /** The lines that are kept, one below the other. */
  toString(): string {
    return this.#lines.join('\n');
  }
}
