/** Random numbers that come again with the same seed. */

export interface Random {
  readonly seed: number;
  /** From 0 up to, but not, 1. */
  next(): number;
  /** A whole number, both ends included. */
  integer(min: number, max: number): number;
  /** One of the values. @throws Error when there is none */
  pick<T>(values: readonly T[]): T;
  /** Bytes of any value. */
  bytes(length: number): Buffer;
}

/** The generator mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    seed,
    next,
    integer,
    pick(values) {
      if (values.length === 0) throw new Error('there is nothing to pick from');
      return values[integer(0, values.length - 1)] as (typeof values)[number];
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => integer(0, 255))),
  };
}
