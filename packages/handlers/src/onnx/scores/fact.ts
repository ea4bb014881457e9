/** What is known of a value before any row is seen: an interval for its elements, and what the classes of a row add up to. */
export interface Fact {
  /** The smallest that an element can be. */
  readonly low: number;
  /** The greatest that an element can be. */
  readonly high: number;
  /** What the elements of a row add up to, whatever the row is. */
  readonly total?: number;
  /** Whether each element is a probability by itself, as a sigmoid is. */
  readonly isEach?: boolean;
  /** Whether the elements are logarithms of probabilities that add up to 1. */
  readonly isLog?: boolean;
}

/** Nothing is known. */
export const ANYTHING: Fact = { low: -Infinity, high: Infinity };

/** Probabilities of classes that exclude each other. */
export const DISTRIBUTION: Fact = { low: 0, high: 1, total: 1 };

/** Probabilities, each by itself. */
export const EACH: Fact = { low: 0, high: 1, isEach: true };

/** Results of comparisons. */
export const BIT: Fact = { low: 0, high: 1 };

/** All that lies between two ends; an end that is no number is unbounded. */
export function interval(low: number, high: number): Fact {
  // Infinity − Infinity, 0 × Infinity.
  return { low: Number.isNaN(low) ? -Infinity : low, high: Number.isNaN(high) ? Infinity : high };
}

/** Everything that one of them may be. */
export function union(facts: readonly Fact[]): Fact {
  return interval(Math.min(...facts.map(({ low }) => low)), Math.max(...facts.map(({ high }) => high)));
}

/** The value that all elements have; undefined for others. */
export function constantOf({ low, high }: Fact): number | undefined {
  return low === high ? low : undefined;
}

/** What is known of a sum. */
export function add(facts: readonly Fact[]): Fact {
  const sum = facts.reduce((one, other) => interval(one.low + other.low, one.high + other.high));
  const totals = facts.map(({ total }) => total);
  return totals.every((total) => total !== undefined) ? { ...sum, total: totals.reduce((a, b) => a + b) } : sum;
}

/** What is known of a difference. */
export function subtract(one: Fact, other: Fact): Fact {
  const difference = interval(one.low - other.high, one.high - other.low);
  return constantOf(one) === 1 && other.isEach === true ? { ...difference, isEach: true } : difference;
}

/** What is known of a product. */
export function multiply(one: Fact, other: Fact): Fact {
  const ends = [one.low * other.low, one.low * other.high, one.high * other.low, one.high * other.high];
  const product = interval(Math.min(...ends), Math.max(...ends));
  const scaled = scaledTotal(one, constantOf(other)) ?? scaledTotal(other, constantOf(one));
  return scaled === undefined ? product : { ...product, total: scaled };
}

/** Of a divisor that may be 0, or be of either sign, nothing is known. */
export function divide(one: Fact, other: Fact): Fact {
  if (other.low < 0 || other.high === 0) return ANYTHING;
  const divisor = constantOf(other);
  return multiply(
    one,
    divisor === undefined ? interval(1 / other.high, 1 / other.low) : interval(1 / divisor, 1 / divisor),
  );
}

function scaledTotal({ total }: Fact, factor: number | undefined): number | undefined {
  return total === undefined || factor === undefined ? undefined : total * factor;
}
