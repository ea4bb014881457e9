/** What a handler gave for a row as a text, where that is what went wrong. */
import type { RowResult } from '@marserve/handlers';
import { plainResult } from './plain-result.ts';

/** Texts and bytes as they are, anything else as JSON. */
export function resultText(result: RowResult): string {
  if (typeof result === 'string') return result;
  return result instanceof Uint8Array ? Buffer.from(result).toString() : JSON.stringify(plainResult(result));
}
