/** Limits on what an archive may unpack to, counted on the bytes that really come out of it. */
import { Transform } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ArchiveError } from './archive-error.ts';

/** What an archive may hold at most. */
export interface ArchiveLimits {
  /** Entries, folders included. Default 10 000. */
  readonly maxEntries: number;
  /** Bytes of all files together. Default 64 GiB. */
  readonly maxTotalBytes: number;
  /** Unpacked bytes per byte of the archive; only judged beyond 64 MiB unpacked. Default 200. */
  readonly maxRatio: number;
}

/** Limits and cancellation of one reading. */
export interface ReadOptions extends Partial<ArchiveLimits> {
  /** Stops the reading with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** The limits that hold where none are given. */
export const DEFAULT_LIMITS: ArchiveLimits = { maxEntries: 10_000, maxTotalBytes: 64 * 2 ** 30, maxRatio: 200 };

const LONGEST_TURN_MS = 5;
const RATIO_JUDGED_FROM = 64 * 2 ** 20;

/** Counts entries and bytes of one archive and throws `too_large` at the first one over a limit. */
export class ReadBudget {
  readonly #archive: string;
  readonly #limits: ArchiveLimits;
  readonly #signal: AbortSignal | undefined;
  /** Size of the archive; Infinity where nothing is compressed, so that no ratio is judged. */
  readonly #archiveBytes: number;
  #entries = 0;
  #folders = 0;
  #headers = 0;
  #bytes = 0;
  #pausedAt = performance.now();

  constructor(archive: string, archiveBytes: number, options: ReadOptions) {
    this.#archive = archive;
    this.#archiveBytes = archiveBytes;
    this.#signal = options.signal;
    this.#limits = {
      maxEntries: options.maxEntries ?? DEFAULT_LIMITS.maxEntries,
      maxTotalBytes: options.maxTotalBytes ?? DEFAULT_LIMITS.maxTotalBytes,
      maxRatio: options.maxRatio ?? DEFAULT_LIMITS.maxRatio,
    };
  }

  /** Lets the event loop do something else now and then: a list of entries can be read without ever waiting. */
  async pause(): Promise<void> {
    if (performance.now() - this.#pausedAt < LONGEST_TURN_MS) return;
    await nextTurn();
    this.#pausedAt = performance.now();
  }

  /** Notes one more entry. @throws ArchiveError when there are too many; the reason of a reading that was stopped */
  countEntry(): void {
    this.#signal?.throwIfAborted();
    this.#entries += 1;
    const { maxEntries } = this.#limits;
    if (this.#entries > maxEntries) throw this.#tooLarge(`it has more than ${maxEntries} entries`);
  }

  /** A folder that entries lie in: there are as many allowed as there are entries. */
  countFolder(): void {
    this.#folders += 1;
    const { maxEntries } = this.#limits;
    if (this.#folders > maxEntries) throw this.#tooLarge(`its entries lie in more than ${maxEntries} folders`);
  }

  /** What a tar says about the entry that follows: as many are allowed as there are entries. */
  countHeader(): void {
    this.#headers += 1;
    const { maxEntries } = this.#limits;
    if (this.#headers > maxEntries) throw this.#tooLarge(`it has more than ${maxEntries} headers of entries`);
  }

  /**
   * Notes so many bytes more of content. @throws ArchiveError when there are too many, or too many for the archive's
   * own size
   */
  countBytes(bytes: number): void {
    this.#signal?.throwIfAborted();
    this.#bytes += bytes;
    const { maxTotalBytes, maxRatio } = this.#limits;
    if (this.#bytes > maxTotalBytes) throw this.#tooLarge(`it unpacks to more than ${maxTotalBytes} bytes`);
    if (this.#bytes > RATIO_JUDGED_FROM && this.#bytes > maxRatio * this.#archiveBytes) {
      throw this.#tooLarge(`it unpacks to more than ${maxRatio} times its own size (${this.#archiveBytes} bytes)`);
    }
  }

  /** Whether an error says already what it should: a refusal, or the reason why the reading was stopped. */
  isFinal(error: unknown): boolean {
    return error instanceof ArchiveError || (this.#signal?.aborted === true && error === this.#signal.reason);
  }

  /** A stream that counts what passes. */
  meter(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        try {
          this.countBytes(chunk.length);
          done(null, chunk);
        } catch (error) {
          done(error as Error);
        }
      },
    });
  }

  #tooLarge(problem: string): ArchiveError {
    return new ArchiveError('too_large', `${this.#archive} is too large: ${problem}.`);
  }
}
