/** Writes lines together, since a write for each took 9 % of the daemon's time, and never waits for a slow or full disk. */
import type { TextSink } from './text-sink.ts';

/** So much is written at once (in characters), or what there is after so many milliseconds. */
const BATCH_LENGTH = 8 * 2 ** 10;
const MAX_DELAY_MS = 50;
/** What is lost at most when a write fails. */
const MAX_BATCH_LENGTH = 64 * 2 ** 10;
/** What may wait, in characters; lines beyond it are lost. */
const MAX_WAITING_LENGTH = 16 * 2 ** 20;
const RETRY_MS = 1000;

/** Lines on their way to a sink. Those beyond 16 M characters that wait are lost, and counted. */
export class LineBuffer {
  readonly #sink: TextSink;
  readonly #onLost: (lines: number) => void;
  readonly #batches: string[] = [];
  #length = 0;
  /** In all, and those of them that `onLost` was told of. */
  #lost = 0;
  #toldLost = 0;
  #isInterrupted = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  /** @param onLost called with the number of lines that were lost, when lines can be written again */
  constructor(sink: TextSink, onLost: (lines: number) => void) {
    this.#sink = sink;
    this.#onLost = onLost;
  }

  /** Lines that were lost since the start. */
  get lost(): number {
    return this.#lost;
  }

  /** @param line with its end */
  write(line: string): void {
    if (this.#length + line.length > MAX_WAITING_LENGTH) {
      this.#lost += 1;
      return;
    }
    const last = this.#batches.length - 1;
    const hasRoom = last >= 0 && (this.#batches[last] ?? '').length + line.length <= MAX_BATCH_LENGTH;
    if (hasRoom) this.#batches[last] += line;
    else this.#batches.push(line);
    this.#length += line.length;
    this.#schedule();
  }

  /** Resolves when what was written so far has left, or cannot leave. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
    return this.#writing;
  }

  /** For the end of the process: what still waits leaves now, or is lost. */
  flushSync(): void {
    try {
      this.#sink.writeSync(this.#batches.splice(0).join(''));
    } catch {
      // The disk is full, or nobody reads: there is nobody to tell.
    }
  }

  #schedule(): void {
    if (this.#length === 0 || this.#writing !== undefined) return;
    if (!this.#isInterrupted && this.#length >= BATCH_LENGTH) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), this.#isInterrupted ? RETRY_MS : MAX_DELAY_MS).unref();
  }

  /** Ends early when something cannot be written: that is lost, the rest waits. Never rejects. */
  async #writeAll(): Promise<void> {
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      const isWritten = await this.#writeBatch(batch);
      this.#length -= batch.length;
      if (!isWritten) return;
    }
  }

  async #writeBatch(batch: string): Promise<boolean> {
    try {
      // The line that was being written may have been cut.
      await this.#sink.write(this.#isInterrupted ? `\n${batch}` : batch);
    } catch {
      this.#isInterrupted = true;
      this.#lost += batch.split('\n').length - 1;
      return false;
    }
    this.#isInterrupted = false;
    const untold = this.#lost - this.#toldLost;
    this.#toldLost = this.#lost;
    if (untold > 0) this.#onLost(untold);
    return true;
  }
}
