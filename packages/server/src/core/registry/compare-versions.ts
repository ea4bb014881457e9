/** Which of two versions of a model is the newer one, by their names. */

const COLLATOR = new Intl.Collator('en', { numeric: true });

/** Negative when the first is older; numbers within them count as numbers: 1.9 is older than 1.10. */
export function compareVersions(one: string, other: string): number {
  return COLLATOR.compare(one, other);
}
