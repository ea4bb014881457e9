/** Answers that are none. */
import type { SeldonMessage } from './seldon-message.ts';

/** What a message says of why it failed; undefined for one that does not say that it did. */
export function failureIn({ status }: SeldonMessage): string | undefined {
  const { status: flag, info = 'it says that it failed' } = status ?? {};
  return flag === 1 || flag === 'FAILURE' ? info : undefined;
}
