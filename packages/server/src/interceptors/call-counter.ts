/** Counts the answers by their status. */
import type { Interceptor } from './interceptor.ts';

/** Where they are counted. */
export interface CallCounts {
  httpResponse(status: number): void;
}

export function createCallCounter(counts: CallCounts): Interceptor {
  return { answered: (_, { status }) => counts.httpResponse(status) };
}
