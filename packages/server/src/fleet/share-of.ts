/** What one of several front ends has of a limit of the server. */

/** This front end, and how many there are. */
export interface FrontEndPlace {
  /** From 1. */
  readonly number: number;
  /** Of front ends. */
  readonly count: number;
}

/** The shares of all are the limit together, and differ by 1 at most. */
export function shareOf(limit: number, { number, count }: FrontEndPlace): number {
  return Math.floor(limit / count) + (number <= limit % count ? 1 : 0);
}
