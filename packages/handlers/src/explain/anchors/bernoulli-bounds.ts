/** Bounds of a probability of which there are samples, by the Kullback-Leibler divergence (Kaufmann and Kalyanakrishnan, 2013). */

const ROUNDS = 17;

/** The largest probability that is as far from `mean` as `level`, the logarithm of the confidence divided by the samples, allows. */
export function upperBound(mean: number, level: number): number {
  return bisect(mean, Math.min(1, mean + Math.sqrt(level / 2)), { mean, level });
}

/** The smallest one. */
export function lowerBound(mean: number, level: number): number {
  return bisect(mean, Math.max(0, mean - Math.sqrt(level / 2)), { mean, level });
}

function bisect(
  inside: number,
  outside: number,
  { mean, level }: { readonly mean: number; readonly level: number },
): number {
  let [near, far] = [inside, outside];
  for (let round = 0; round < ROUNDS; round += 1) {
    const middle = (near + far) / 2;
    if (divergence(mean, middle) > level) far = middle;
    else near = middle;
  }
  return far;
}

function divergence(p: number, q: number): number {
  const part = (one: number, other: number): number => (one <= 0 ? 0 : one * Math.log(one / Math.max(other, 1e-15)));
  return part(p, q) + part(1 - p, 1 - q);
}
