/**
 * The first frame of a GIF, where the decoder does not do as Pillow does: transparent pixels, and those that the frame leaves
 * of the canvas, become black instead of a colour of the palette.
 */
import type { DecodedImage } from './pixels.ts';

/** What a GIF says of its first frame. */
export interface GifFrame {
  /** Place of its flags in the file, when one of its colours is transparent. */
  readonly transparencyAt: number | undefined;
  /** Where it begins on the canvas, in pixels from the left side. */
  readonly left: number;
  /** In pixels from above. */
  readonly top: number;
  /** In pixels; it may be less than the canvas has. */
  readonly width: number;
  /** As `width`. */
  readonly height: number;
  /** Red, green and blue of the rest: its transparent colour, else the first of its palette. */
  readonly surroundings: Uint8Array;
}

/** What stands before the pixels of the first frame; what a damaged file says is checked by its decoder. */
export function readGifFrame(bytes: Uint8Array): GifFrame {
  const screen = bytes[10] ?? 0;
  let at = HEADER_BYTES + paletteBytes(screen);
  let transparencyAt: number | undefined;
  while (bytes[at] === EXTENSION) {
    if (bytes[at + 1] === GRAPHIC_CONTROL) {
      transparencyAt = ((bytes[at + 3] ?? 0) & HAS_TRANSPARENCY) === 0 ? undefined : at + 3;
    }
    at = afterBlocks(bytes, at + 2);
  }
  const isPaletteOwn = paletteBytes(bytes[at + 9] ?? 0) > 0;
  const palette = isPaletteOwn ? at + DESCRIPTOR_BYTES : HEADER_BYTES;
  const index = transparencyAt === undefined ? 0 : (bytes[transparencyAt + 3] ?? 0);
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => uint16(bytes, at + offset)) as Box;
  const isGrey = !isPaletteOwn && paletteBytes(screen) === 0;
  const surroundings = isGrey
    ? new Uint8Array(3).fill(index)
    : bytes.slice(palette + 3 * index, palette + 3 * index + 3);
  return { transparencyAt, left, top, width, height, surroundings };
}

/** The same GIF with its first frame opaque; it is copied only when there is something to change. */
export function withoutTransparency(bytes: Uint8Array, { transparencyAt }: GifFrame): Uint8Array {
  if (transparencyAt === undefined) return bytes;
  const opaque = Uint8Array.from(bytes);
  opaque[transparencyAt] = (bytes[transparencyAt] ?? 0) & ~HAS_TRANSPARENCY;
  return opaque;
}

/** Paints what the frame leaves of the canvas, in place. @param canvas of three channels, as it lies in the file */
export function paintAround({ data, width, height }: DecodedImage, frame: GifFrame): void {
  const [right, bottom] = [frame.left + frame.width, frame.top + frame.height];
  if (frame.left === 0 && frame.top === 0 && right >= width && bottom >= height) return;
  const [red = 0, green = 0, blue = 0] = frame.surroundings;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 3) {
      if (x >= frame.left && x < right && y >= frame.top && y < bottom) continue;
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
    }
  }
}

type Box = [left: number, top: number, width: number, height: number];

const HEADER_BYTES = 13;
const DESCRIPTOR_BYTES = 10;
const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const HAS_TRANSPARENCY = 1;

/** @param flags of the screen or of a frame */
function paletteBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
}

/** Data comes in blocks, each with its length before; one of length 0 is the last. */
function afterBlocks(bytes: Uint8Array, start: number): number {
  let at = start;
  while ((bytes[at] ?? 0) > 0) at += (bytes[at] ?? 0) + 1;
  return at + 1;
}
