/** Tells a misspelt name from one that was never meant to be a known one. */
import { distance } from 'fastest-levenshtein';

/** Names of fewer letters are told apart by one. */
const LONG = 6;

/** The known name that was meant: it differs by case, separators, a letter, or by two letters of a long name. */
export function misspelt(name: string, known: readonly string[]): string | undefined {
  const letters = lettersOf(name);
  const distances = known.map((each) => ({ each, edits: editsBetween(letters, lettersOf(each)) }));
  const [nearest] = distances.sort((a, b) => a.edits - b.edits);
  if (nearest === undefined) return undefined;
  return nearest.edits <= (nearest.each.length < LONG ? 1 : 2) ? nearest.each : undefined;
}

/** Two letters that are exchanged are one edit. */
function editsBetween(one: string, other: string): number {
  const edits = distance(one, other);
  return edits === 2 && sorted(one) === sorted(other) ? 1 : edits;
}

function sorted(text: string): string {
  return text.split('').sort().join('');
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s.]/g, '');
}
