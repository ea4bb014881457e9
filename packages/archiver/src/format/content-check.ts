/** The last stream an entry's content passes: it checks the checksum, and says of every failure where it happened. */
import { Transform, type TransformCallback } from 'node:stream';
import { crc32 } from 'node:zlib';
import { corrupt } from './archive-error.ts';
import type { ReadBudget } from './read-budget.ts';

/** What is checked, and what the error names. */
export interface ContentCheckOptions {
  readonly archive: string;
  readonly budget: ReadBudget;
  readonly path: string;
  /** The checksum that a zip claims. */
  readonly crc32?: number;
}

export class ContentCheck extends Transform {
  readonly #options: ContentCheckOptions;
  #crc = 0;

  constructor(options: ContentCheckOptions) {
    super();
    this.#options = options;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#options.crc32 !== undefined) this.#crc = crc32(chunk, this.#crc);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const expected = this.#options.crc32;
    done(expected === undefined || expected === this.#crc ? null : new Error('its checksum (CRC-32) is wrong'));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { archive, path, budget } = this.#options;
    done(error === null || budget.isFinal(error) ? error : corrupt(archive, path, error));
  }
}
