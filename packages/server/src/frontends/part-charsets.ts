/** The charsets that the parts of a form declare: busboy tells those of plain fields only. */
import { charsetOf, mediaTypeOf } from './content-type.ts';

/** Without its first letter, which may be written large. */
const WORD = 'harset';

/**
 * Of each field in their order, when its text is not UTF-8.
 * @throws ServeError `unsupported_encoding` for a charset that nobody knows
 */
export function partCharsets(contentType: string, pieces: readonly Buffer[]): (string | undefined)[] {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]*))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || !hasWord(pieces)) return [];
  return partHeaders(Buffer.concat(pieces), `--${boundary}\r\n`)
    .filter((headers) => /^content-disposition:\s*form-data/im.test(headers))
    .map((headers) => {
      const type = /^content-type:[ \t]*(.*)$/im.exec(headers)?.[1]?.trim() ?? '';
      return charsetOf(type, mediaTypeOf(type));
    });
}

/** It may begin in one piece and end in the next. */
function hasWord(pieces: readonly Buffer[]): boolean {
  return pieces.some((piece, index) => {
    const seam = [pieces[index - 1]?.subarray(-WORD.length) ?? Buffer.of(), piece.subarray(0, WORD.length)];
    return piece.includes(WORD) || Buffer.concat(seam).includes(WORD);
  });
}

function partHeaders(form: Buffer, start: string): string[] {
  const result: string[] = [];
  let position = form.subarray(0, start.length).equals(Buffer.from(start)) ? 0 : next(form, start, 0);
  while (position >= 0) {
    const first = position + start.length;
    const end = form.indexOf('\r\n\r\n', first);
    if (end < 0) break;
    result.push(form.toString('latin1', first, end));
    position = next(form, start, end);
  }
  return result;
}

/** Of the next delimiter, which is a line of its own. */
function next(form: Buffer, start: string, from: number): number {
  const position = form.indexOf(`\r\n${start}`, from);
  return position < 0 ? position : position + 2;
}
