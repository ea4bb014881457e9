/** How much versions of models ask others at a time. */
import { ServeError } from './errors.ts';
import type { ModelKey } from './model-key.ts';

/** What a version may ask at a time, as far as one process sees it. */
export interface InflightLimit {
  /** Bytes of all its questions together; 0 for no limit. */
  readonly bytes: number;
  /** Bytes of one that is alone. */
  readonly ofOne: number;
}

/** Of all versions; nothing is kept of those that ask nothing. */
export class InflightBytes {
  readonly #limitOf: (key: ModelKey) => InflightLimit | undefined;
  readonly #bytes = new Map<string, number>();

  /** @param limitOf undefined for a version that is not bounded */
  constructor(limitOf: (key: ModelKey) => InflightLimit | undefined) {
    this.#limitOf = limitOf;
  }

  /** Counts a question until the result is called. @throws ServeError `overloaded` for one that is too much */
  add(key: ModelKey, bytes: number): () => void {
    const name = `${key.name}/${key.version}`;
    const before = this.#bytes.get(name) ?? 0;
    const limit = this.#limitOf(key);
    if (limit !== undefined && limit.bytes > 0 && before + bytes > (before === 0 ? limit.ofOne : limit.bytes)) {
      const asked = `its questions to other models would have ${before + bytes} bytes at a time`;
      const most = `more than maxInflightBytes allows (${limit.ofOne})`;
      throw new ServeError('overloaded', `Model "${key.name}" Version "${key.version}" is busy: ${asked}, ${most}`);
    }
    this.#bytes.set(name, before + bytes);
    return () => {
      const left = (this.#bytes.get(name) ?? 0) - bytes;
      if (left > 0) this.#bytes.set(name, left);
      else this.#bytes.delete(name);
    };
  }
}
