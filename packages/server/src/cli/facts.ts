/** Names and values in two columns; what is undefined is left out. */
export function facts(values: Readonly<Record<string, string | undefined>>): string {
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}
