/** Whole images are decoded into memory, several at once: those of a batch, in four threads. Large ones take turns. */

/** Pixels of an image that may be decoded beside others: 48 MB. */
const PIXELS_AT_ONCE = 2 ** 24;

/**
 * Calls `decode` with a limit of pixels; when the image has more of them than fit into memory beside others, but not more
 * than `maxPixels`, calls it again when no other such image is being decoded.
 * @throws whatever `decode` throws
 */
export async function withinMemory<T>(maxPixels: number, decode: (limit: number) => Promise<T>): Promise<T> {
  try {
    return await decode(Math.min(maxPixels, PIXELS_AT_ONCE));
  } catch (error) {
    if (maxPixels <= PIXELS_AT_ONCE || !isTooLarge(error)) throw error;
  }
  return inTurn(() => decode(maxPixels));
}

/** Whether sharp refused an image for its number of pixels, before it decoded it. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && /exceeds pixel limit/i.test(error.message);
}

let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work);
  last = result.catch(() => undefined);
  return result;
}
