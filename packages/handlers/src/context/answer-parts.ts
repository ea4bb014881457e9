/** Answers that come in parts. */
import type { RowResult } from '../handler.ts';

/** Whether a result is an async iterable: an async generator, a stream. */
export function isInParts(result: RowResult): result is AsyncIterable<RowResult> {
  if (typeof result !== 'object' || result === null) return false;
  return typeof (result as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function';
}
