/** Weight of the latest in the mean. */
const WEIGHT = 0.2;

/** @param mean of those before; Infinity for none. @returns the mean, in which the latest count most */
export function smoothed(mean: number, latest: number): number {
  return mean === Infinity ? latest : mean + WEIGHT * (latest - mean);
}
