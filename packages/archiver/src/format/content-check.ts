/** The last stream an entry's content passes: it checks checksum and size, and says of every failure where it happened. */
import { Transform, type TransformCallback } from 'node:stream';
import { crc32 } from 'node:zlib';
import { corrupt } from './archive-error.ts';
import type { ReadBudget } from './read-budget.ts';

/** What is checked, and what the error names. */
export interface ContentCheckOptions {
  /** How messages call the archive. */
  readonly archive: string;
  /** Counts the bytes of all entries together. */
  readonly budget: ReadBudget;
  /** Path in the archive. */
  readonly path: string;
  /** The checksum that a zip claims. */
  readonly crc32?: number;
  /** The number of bytes that a zip claims. */
  readonly size?: number;
}

/** Passes the bytes on unchanged. @throws ArchiveError as an `error` event */
export class ContentCheck extends Transform {
  readonly #options: ContentCheckOptions;
  #crc = 0;
  #bytes = 0;

  constructor(options: ContentCheckOptions) {
    super();
    this.#options = options;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { crc32: expectedCrc, size = Infinity } = this.#options;
    if (expectedCrc !== undefined) this.#crc = crc32(chunk, this.#crc);
    this.#bytes += chunk.length;
    if (this.#bytes > size) done(new Error(`it has more than the ${size} bytes that the archive claims`));
    else done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    done(this.#problem());
  }

  #problem(): Error | null {
    const { crc32: expectedCrc = this.#crc, size = this.#bytes } = this.#options;
    if (this.#bytes !== size) return new Error(`it has ${this.#bytes} bytes, and the archive claims ${size}`);
    return this.#crc === expectedCrc ? null : new Error('its checksum (CRC-32) is wrong');
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { archive, path, budget } = this.#options;
    done(error === null || budget.isFinal(error) ? error : corrupt(archive, path, error));
  }
}
