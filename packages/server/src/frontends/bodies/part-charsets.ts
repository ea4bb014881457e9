/** What the parts of a form say of their encoding, and busboy does not tell: charsets of files, and Content-Encodings. */
import { ServeError } from '../../core/errors.ts';
import { charsetOf, mediaTypeOf } from './content-type.ts';

/** A form without one of them has nothing to tell. They have no first letter, which may be large, and are short: that is quick. */
const WORDS = ['harset', 'HARSET', 'ncoding', 'NCODING'];
const LONGEST = Math.max(...WORDS.map((word) => word.length));

/**
 * Of each field in their order, when its text is not UTF-8.
 * @throws ServeError `unsupported_encoding` for a charset that nobody knows, and for a Content-Encoding
 */
export function partCharsets(contentType: string, pieces: readonly Buffer[]): (string | undefined)[] {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^\s;"]*))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || !WORDS.some((word) => hasWord(pieces, word))) return [];
  return partHeaders(Buffer.concat(pieces), `--${boundary}\r\n`)
    .filter((headers) => /^content-disposition:\s*form-data/im.test(headers))
    .map((headers) => {
      refuseEncoding(valueOf('content-encoding', headers));
      const type = valueOf('content-type', headers);
      return charsetOf(type, mediaTypeOf(type));
    });
}

/** Empty when it is not there. */
function valueOf(name: string, headers: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(headers)?.[1]?.trim() ?? '';
}

function refuseEncoding(encoding: string): void {
  if (['', 'identity'].includes(encoding.toLowerCase())) return;
  const message = `A field of the form has the Content-Encoding "${encoding.slice(0, 100)}"; send its bytes as they are, or encode the whole body.`;
  throw new ServeError('unsupported_encoding', message);
}

/** It may begin in one piece and end in the next. */
function hasWord(pieces: readonly Buffer[], word: string): boolean {
  return pieces.some((piece, index) => {
    const seam = [pieces[index - 1]?.subarray(-LONGEST) ?? Buffer.of(), piece.subarray(0, LONGEST)];
    return piece.includes(word) || Buffer.concat(seam).includes(word);
  });
}

/** A line that begins with a space goes on with the one before. */
function partHeaders(form: Buffer, start: string): string[] {
  const result: string[] = [];
  let position = form.subarray(0, start.length).equals(Buffer.from(start)) ? 0 : next(form, start, 0);
  while (position >= 0) {
    const first = position + start.length;
    const end = form.indexOf('\r\n\r\n', first);
    if (end < 0) break;
    result.push(form.toString('latin1', first, end).replaceAll(/\r\n[ \t]+/g, ' '));
    position = next(form, start, end);
  }
  return result;
}

/** Of the next delimiter, which is a line of its own. */
function next(form: Buffer, start: string, from: number): number {
  const position = form.indexOf(`\r\n${start}`, from);
  return position < 0 ? position : position + 2;
}
