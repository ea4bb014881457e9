/** The numbers of `java.util.Random`: a linear congruential generator of 48 bits, as its documentation lays down. */

const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK = (1n << 48n) - 1n;

/** The same numbers for the same seed. */
export class JavaRandom {
  #state: bigint;

  constructor(seed: number) {
    this.#state = (BigInt(seed) ^ MULTIPLIER) & MASK;
  }

  /** From 0 to 1, 1 not included, in steps of 2⁻²⁴. */
  nextFloat(): number {
    this.#state = (this.#state * MULTIPLIER + INCREMENT) & MASK;
    return Number(this.#state >> 24n) / 2 ** 24;
  }
}
