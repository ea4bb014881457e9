/** For workers that ask no other model. */
import type { LoadMessage } from '../wire/daemon-message.ts';

/** What their first message says of that. */
export const NO_ASKS: Pick<LoadMessage, 'responseTimeoutMs' | 'asksAhead'> = {
  responseTimeoutMs: 1000,
  asksAhead: { asks: 1, bytes: 1000, askBytes: 1000 },
};

/** Takes their questions. */
export function nobodyToAsk(): Promise<unknown> {
  return Promise.reject(new Error('there is no other model'));
}
