/** Bytes as base64, with what both browsers and Node have. */

/** Of so many bytes, the arguments of one call. */
const PIECE = 0x8000;

/** With padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += PIECE) {
    text += String.fromCharCode(...bytes.subarray(start, start + PIECE));
  }
  return btoa(text);
}

/** The usual alphabet or that of URLs, with padding or without. @throws RangeError for what is none */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch (error) {
    throw new RangeError(`expected base64, got "${text.slice(0, 40)}"`, { cause: error });
  }
}
