/**
 * The same GIF with its first frame opaque, since the decoder leaves transparent pixels black, whatever colour the palette
 * has for them. The bytes are copied only when there is something to change.
 */
export function withoutTransparency(bytes: Uint8Array): Uint8Array {
  const flags = bytes[10] ?? 0;
  let at = 13 + ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1));
  while (bytes[at] === EXTENSION) {
    if (bytes[at + 1] === GRAPHIC_CONTROL && ((bytes[at + 3] ?? 0) & HAS_TRANSPARENCY) !== 0) {
      const opaque = Uint8Array.from(bytes);
      opaque[at + 3] = (bytes[at + 3] ?? 0) & ~HAS_TRANSPARENCY;
      return opaque;
    }
    at = afterBlocks(bytes, at + 2);
  }
  return bytes;
}

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const HAS_TRANSPARENCY = 1;

/** Data comes in blocks, each with its length before; one of length 0 is the last. */
function afterBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) > 0) at += (bytes[at] ?? 0) + 1;
  return at + 1;
}
