/** Small helpers on lists of scores. */

/** An element of a list by its position. */
export interface Ranked {
  /** Counted from 0. */
  readonly index: number;
  /** The element. */
  readonly value: number;
}

/** Scores → probabilities that add up to 1. */
export function softmax(scores: ArrayLike<number>): number[] {
  let largest = -Infinity;
  for (let index = 0; index < scores.length; index += 1) largest = Math.max(largest, scores[index] ?? -Infinity);
  const powers: number[] = [];
  let total = 0;
  for (let index = 0; index < scores.length; index += 1) {
    const power = Math.exp((scores[index] as number) - largest);
    powers.push(power);
    total += power;
  }
  return powers.map((power) => power / total);
}

/** A logit → the probability of its class. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** The `k` largest values, the largest first; of equal values the one that comes first. */
export function topK(values: ArrayLike<number>, k: number): Ranked[] {
  const best: Ranked[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (best.length === k && !(value > (best[k - 1]?.value ?? NaN))) continue;
    const place = best.findIndex((other) => value > other.value);
    best.splice(place < 0 ? best.length : place, 0, { index, value });
    if (best.length > k) best.pop();
  }
  return best;
}

/** Position of the largest value; -1 for an empty list. */
export function argmax(values: ArrayLike<number>): number {
  let best = -1;
  for (let index = 0; index < values.length; index += 1) {
    if (best < 0 || Number(values[index]) > Number(values[best])) best = index;
  }
  return best;
}
