/** Samples of distributions. */

/** Numbers from 0 up to, but not, 1. */
export interface Uniform {
  /** The next one. */
  next(): number;
}

/** Of the standard normal distribution, by Box and Muller. */
export function normalSample(random: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Of a gamma distribution with the scale 1. Marsaglia, Tsang: A Simple Method for Generating Gamma Variables, 2000. @param shape above 0 */
export function gammaSample(shape: number, random: Uniform): number {
  if (shape < 1) return gammaSample(shape + 1, random) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normalSample(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random.next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Of a beta distribution. @param alpha above 0 @param beta above 0 */
export function betaSample(alpha: number, beta: number, random: Uniform): number {
  const one = gammaSample(alpha, random);
  const sum = one + gammaSample(beta, random);
  // Both may be too small for a number.
  return sum === 0 ? alpha / (alpha + beta) : one / sum;
}
