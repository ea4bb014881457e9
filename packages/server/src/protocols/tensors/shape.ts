/** Sizes of axes that a client said. */

/** More than any runtime takes. */
export const MAX_AXES = 64;

/** Whether a value is a list of sizes of a tensor whose elements can be counted. */
export function isShape(given: unknown): given is number[] {
  if (!Array.isArray(given) || given.length > MAX_AXES) return false;
  if (!given.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)) return false;
  return Number.isSafeInteger(countOf(given as number[]));
}

/** How many elements a shape has; an empty one has one. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
