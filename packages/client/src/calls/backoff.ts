/** The pause before a request is sent again. */

const FIRST_MS = 50;
const LONGEST_MS = 2000;

/**
 * It doubles, and half of it is left to chance, so that clients of a server that comes back do not come all at once.
 * @param retry how often it was sent again already
 * @param random from 0 to 1
 * @returns milliseconds
 */
export function backoffMs(retry: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** retry);
  return longest * (0.5 + random / 2);
}
