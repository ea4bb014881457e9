/** What has not come whole: whether the rest of it is waited for. */

/** What is no longer than this, and comes in so few pieces, is; of what is longer, the head is enough. */
export const MOST_HELD_BYTES = 16 * 1024;
const MOST_PIECES = 4;

/** What came so far. */
export interface UnfinishedRequest {
  /** All of it. */
  readonly bytes: Buffer;
  /** In which it came. */
  readonly pieces: number;
  /** That it will have, in bytes; 0 as long as its head has not come whole. */
  readonly length: number;
}

/** Whether it may become a plain request; what does not is left to node:http. */
export function mayBecomePlain({ bytes, pieces, length }: UnfinishedRequest): boolean {
  if (pieces >= MOST_PIECES || Math.max(bytes.length, length) > MOST_HELD_BYTES) return false;
  if (length === 0 && hasBareLineEnd(bytes)) return false;
  return ['GET /', 'POST /'].some((begin) => begin.startsWith(bytes.toString('latin1', 0, begin.length)));
}

/** A head with one has no end for us; whoever sends that waits for its refusal. */
function hasBareLineEnd(bytes: Buffer): boolean {
  return /(?<!\r)\n/.test(bytes.toString('latin1'));
}
