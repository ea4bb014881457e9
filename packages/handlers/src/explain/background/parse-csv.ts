/** Tables as text (RFC 4180): fields with commas, quotes and line breaks in quotes. */

/** Rows of fields; empty lines are left out. @throws Error for a quote that does not end */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/y;
  const source = text.replace(/^\uFEFF/, '');
  while (field.lastIndex < source.length) {
    const start = field.lastIndex;
    const match = field.exec(source);
    if (match === null)
      throw new Error(`line ${source.slice(0, start).split('\n').length}: a quote is not where fields begin and end`);
    const [, quoted, plain = '', end] = match;
    row.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  // A comma at the very end of the file has an empty field behind it.
  if (row.length > 0) rows.push([...row, '']);
  return rows;
}
