/** Bytes → text, in the charset that the client declared; nothing is replaced by what it is not. */
import { isUtf8 } from 'node:buffer';
import { PredictionError } from '@marserve/handlers/prediction-error';

/**
 * Without the byte order mark at its beginning.
 * @param charset a label of the WHATWG's Encoding Standard; UTF-8 when undefined
 * @throws PredictionError 400 for bytes that are not of this charset
 */
export function decodeText(bytes: Buffer, charset: string | undefined): string {
  if (charset === undefined) return decodeUtf8(bytes);
  try {
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes);
    return charset === 'windows-1252' ? asWindows1252(text) : text;
  } catch {
    throw new PredictionError(`Expected text in ${charset}, as the content type says; got other bytes`, 400);
  }
}

/** What bytes 0x80 to 0x9F are in windows-1252, which older versions of Node read as ISO-8859-1. */
const FROM_0X80 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8DŽ\x8F\x90‘’“”•–—˜™š›œ\x9DžŸ';

function asWindows1252(text: string): string {
  return text.replace(/[\x80-\x9F]/g, (character) => FROM_0X80.charAt(character.charCodeAt(0) - 0x80));
}

/** @throws PredictionError 400 for bytes that are not UTF-8 */
export function assertUtf8(bytes: Buffer): void {
  if (isUtf8(bytes)) return;
  const advice = 'send UTF-8, name another charset in the content type, or send bytes as application/octet-stream';
  throw new PredictionError(`Expected text in UTF-8; got other bytes: ${advice}`, 400);
}

function decodeUtf8(bytes: Buffer): string {
  assertUtf8(bytes);
  const text = bytes.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}
