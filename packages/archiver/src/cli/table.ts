/** Tables and lists for a terminal. */
import Table from 'cli-table3';

/** A table, whose cells cannot steer a terminal. */
export function renderTable(head: string[], rows: string[][]): string {
  const grid = new Table({ head, style: { head: [], border: [], compact: true } });
  grid.push(...rows.map((row) => row.map(printable)));
  return grid.toString();
}

/** Something that is known of an archive; one without a value is not shown. */
export type Fact = readonly [name: string, value: string | undefined];

/** A line for each. */
export function facts(rows: readonly Fact[]): string {
  const known = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value ?? '')}`).join('\n');
}

/** An archive may come from anywhere: its texts must not steer the terminal. */
function printable(value: string): string {
  return value.replaceAll(/\p{Cc}/gu, '?');
}
