/** The fields of an application/x-www-form-urlencoded body. */
import { PredictionError } from '@marserve/handlers/prediction-error';
import { decodeText } from './decode-text.ts';

const MAX_FIELDS = 1000;
const MAX_NAME_CHARS = 1000;

/**
 * Names and values in their order; a name without `=` has an empty value.
 * @param charset of the bytes that percent signs stand for, and of all others
 * @throws PredictionError 400 for a percent sign that encodes nothing, for bytes that are no text, and for too many fields
 */
export function decodeUrlencoded(bytes: Buffer, charset: string | undefined): [name: string, value: string][] {
  const pairs = decodeText(bytes, charset).split('&', MAX_FIELDS + 1);
  if (pairs.length > MAX_FIELDS) throw formError(`it has more than ${MAX_FIELDS} fields`);
  return pairs
    .filter((pair) => pair !== '')
    .map((pair) => {
      const end = pair.indexOf('=');
      const name = decodePart(end < 0 ? pair : pair.slice(0, end), charset);
      if (name.length > MAX_NAME_CHARS) throw formError(`it has a name of more than ${MAX_NAME_CHARS} characters`);
      return [name, end < 0 ? '' : decodePart(pair.slice(end + 1), charset)];
    });
}

function decodePart(part: string, charset: string | undefined): string {
  const text = part.replaceAll('+', ' ');
  if (!text.includes('%')) return text;
  if (/%(?![0-9a-f]{2})/i.test(text)) throw formError('it has a percent sign that encodes nothing');
  return charset === undefined ? decodeUtf8(text) : decodeOther(text, charset);
}

function decodeUtf8(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw formError('what its percent signs encode is not UTF-8');
  }
}

/** Each run of encoded bytes is text of its own. */
function decodeOther(text: string, charset: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => decodeText(Buffer.from(run.replaceAll('%', ''), 'hex'), charset));
}

function formError(problem: string): PredictionError {
  return new PredictionError(`The form could not be read: ${problem}`, 400);
}
