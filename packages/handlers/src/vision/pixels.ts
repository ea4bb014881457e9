/** Pixels row by row from the top left, the channels of a pixel side by side; one byte each. */
export interface DecodedImage {
  /** `width × height × channels` bytes. */
  readonly data: Uint8Array;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** 1 or 3. */
  readonly channels: number;
}
