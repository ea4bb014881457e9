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
export declare function createRandom(seed: number): Random;
//# sourceMappingURL=random.d.ts.map
