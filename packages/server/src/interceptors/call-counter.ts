/** Counts the answers by their status. */
import type { Interceptor } from './interceptor.ts';

/** Where they are counted. */
export interface CallCounts {
  /** Counts an answer by its HTTP status; one over gRPC by the status that it stands for. */
  httpResponse(status: number): void;
}

/** Counts each call once, refused ones too. */
export function createCallCounter(counts: CallCounts): Interceptor {
  return { answered: (_, { status }) => counts.httpResponse(status) };
}
