/** What the header Content-Type says of a body. */
import { ServeError } from '../../core/errors.ts';

/** Without parameters, lower case; empty for an empty header. */
export function mediaTypeOf(contentType: string): string {
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

const MAX_SHOWN_CHARS = 100;
const NAME = 'content-type';

/**
 * @param rawHeaders names and values in turn
 * @throws ServeError `invalid_argument` for several that differ: servers and proxies do not agree which one counts
 */
export function assertOneContentType(rawHeaders: readonly string[]): void {
  let first: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length !== NAME.length || name.toLowerCase() !== NAME) continue;
    const value = rawHeaders[index + 1];
    first ??= value;
    if (value === first) continue;
    const shown = [first, value].map((text) => JSON.stringify(text?.slice(0, MAX_SHOWN_CHARS)));
    throw new ServeError('invalid_argument', `The request has two content types: ${shown.join(' and ')}. Send one.`);
  }
}

const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;"]*))/i;

/**
 * The charset of a text, when it is not UTF-8; undefined for bytes, whatever they claim.
 * @throws ServeError `unsupported_encoding` for a charset that nobody knows
 */
export function charsetOf(contentType: string, mediaType: string): string | undefined {
  if (mediaType.length === contentType.length || !isText(mediaType)) return undefined;
  const match = CHARSET.exec(contentType);
  const label = match?.[1] ?? match?.[2];
  if (label === undefined) return undefined;
  const encoding = encodingOf(label);
  return encoding === 'utf-8' ? undefined : encoding;
}

function isText(mediaType: string): boolean {
  return (
    mediaType.startsWith('text') ||
    mediaType === 'application/json' ||
    mediaType === 'application/x-www-form-urlencoded'
  );
}

/** The name of the encoding that a label of the WHATWG's Encoding Standard stands for. */
function encodingOf(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    const message = `The charset "${label.slice(0, 100)}" of the content type is unknown; send UTF-8.`;
    throw new ServeError('unsupported_encoding', message, { cause: error });
  }
}
