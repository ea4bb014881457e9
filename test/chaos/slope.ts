/** How fast a quantity grows, with noise that only ever adds to it. */

export interface Sample {
  /** Requests so far. */
  readonly at: number;
  readonly value: number;
}

/**
 * The smallest value of each of `windows` equal parts: memory right after a garbage collection says what is really held.
 * Parts without a sample are left out.
 */
export function lowest(samples: readonly Sample[], windows: number): Sample[] {
  const [first, last] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0];
  const width = (last - first) / windows || 1;
  const parts = Array.from({ length: windows }, (_, index) =>
    samples.filter(({ at }) => Math.min(windows - 1, Math.floor((at - first) / width)) === index),
  );
  return parts.flatMap((part) => part.sort((one, other) => one.value - other.value).slice(0, 1));
}

/** Slope of the line of least squares, per unit of `at`. */
export function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const [at, value] = [mean(({ at }) => at), mean(({ value }) => value)];
  const covariance = mean((each) => (each.at - at) * (each.value - value));
  return covariance / mean((each) => (each.at - at) ** 2);
}
