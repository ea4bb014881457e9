/** The id of a request, in its answer, in the log and for its handler. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const REQUEST_ID = /^[\w.:+=/@-]{1,128}$/;

/**
 * The client's `x-request-id` when it is a valid one (up to 128 of `A-Z a-z 0-9 _ . : + = / @ -`), else a new UUID, which
 * the request has from then on.
 */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  if (typeof given === 'string' && isRequestId(given)) return given;
  const id = newRequestId();
  headers['x-request-id'] = id;
  return id;
}

/** Whether a client may call its request so. */
export function isRequestId(text: string): boolean {
  return REQUEST_ID.test(text);
}

/** Ids with the same beginning, after which there is a new one. */
const MOST_ALIKE = 2 ** 32;

let [beginning, count] = ['', MOST_ALIKE];

/** A UUID, unique but not secret: a random beginning and a counter, since all of it at random takes ten times as long. */
export function newRequestId(): string {
  if (count === MOST_ALIKE) [beginning, count] = [randomUUID().slice(0, -12), 0];
  count += 1;
  return beginning + count.toString(16).padStart(12, '0');
}
