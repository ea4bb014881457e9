/** Splits the lists of `--extra-files` at their commas. */
import { existsSync } from 'node:fs';

/**
 * A name that has commas itself stays whole when something of that name is there: of `a,b.json,c.json`, the longest part
 * that exists is taken first.
 */
export function splitNames(list: string): string[] {
  const parts = list.split(',');
  const names: string[] = [];
  for (let start = 0; start < parts.length;) {
    let end = parts.length;
    while (end > start + 1 && !existsSync(nameOf(parts, start, end))) end -= 1;
    names.push(nameOf(parts, start, end));
    start = end;
  }
  return names.filter((name) => name !== '');
}

function nameOf(parts: readonly string[], start: number, end: number): string {
  return parts.slice(start, end).join(',').trim();
}
