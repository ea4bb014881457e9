/** A request that outlives its batch, whose memory the next one uses again. */
import type { GraphValue } from '../graph-value.ts';

/** A copy. */
export interface KeptValue {
  /** With bytes of its own. */
  readonly value: GraphValue;
  /** About as many as it takes. */
  readonly bytes: number;
}

/** Texts and numbers are as they are: nothing changes them. */
export function keptValue(value: GraphValue): KeptValue {
  const copier = new Copier();
  return { value: copier.copy(value) as GraphValue, bytes: copier.bytes };
}

const BYTES_OF_VALUE = 8;

class Copier {
  bytes = 0;

  copy(value: unknown): unknown {
    if (ArrayBuffer.isView(value)) return this.#bytesOf(value);
    if (Array.isArray(value)) return value.map((each) => this.copy(each));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, each]: [string, unknown]) => [key, this.copy(each)]));
    }
    this.bytes += typeof value === 'string' ? value.length : BYTES_OF_VALUE;
    return value;
  }

  #bytesOf(view: ArrayBufferView): ArrayBufferView {
    this.bytes += view.byteLength;
    // A Buffer's slice would be the same memory.
    if (Buffer.isBuffer(view)) return Buffer.from(view);
    return view instanceof DataView ? view : (view as Uint8Array).slice();
  }
}
