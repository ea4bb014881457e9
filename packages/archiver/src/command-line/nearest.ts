/** Guesses what a misspelt name was meant to be. */
import { closest, distance } from 'fastest-levenshtein';

/** ` Did you mean X?`, or nothing when no known name is like it. */
export function nearest(name: string, known: readonly string[]): string {
  const spelling = (text: string) => text.toLowerCase().replaceAll('-', '_');
  const candidate = closest(spelling(name), known.map(spelling));
  const isLike = distance(spelling(name), candidate) <= Math.max(2, candidate.length / 2);
  const found = known.find((each) => spelling(each) === candidate);
  return isLike && found !== undefined ? ` Did you mean ${found}?` : '';
}
