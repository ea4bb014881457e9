/** How long answers took, in classes that counts of several workers can be added by. */

/** Answers by their class. */
export type Latencies = Readonly<Record<string, number>>;

/** Each class is so much longer than the one before. */
const GROWTH = 1.05;

/** The class of a time. @param ms at least 0 */
export function latencyClass(ms: number): string {
  return String(Math.max(0, Math.ceil(Math.log(Math.max(ms, 1e-3) * 1000) / Math.log(GROWTH))));
}

/** The longest time of a class, in milliseconds. */
function longestOf(name: string): number {
  return GROWTH ** Number(name) / 1000;
}

/** How many took longer than that, to the nearest class. */
export function slowerThan(latencies: Latencies, ms: number): number {
  const limit = Number(latencyClass(ms));
  return Object.entries(latencies).reduce((sum, [name, count]) => (Number(name) > limit ? sum + count : sum), 0);
}

/** The time that 99 of 100 answers need no more than, in milliseconds; undefined without answers. */
export function p99Of(latencies: Latencies): number | undefined {
  const classes = Object.entries(latencies).sort(([one], [other]) => Number(other) - Number(one));
  const total = classes.reduce((sum, [, count]) => sum + count, 0);
  let above = 0;
  for (const [name, count] of classes) {
    above += count;
    if (above > total / 100) return longestOf(name);
  }
  return undefined;
}
