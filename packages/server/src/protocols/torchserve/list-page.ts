/** Lists that are answered page by page. */
import type { Parameter } from '../endpoint.ts';
import { query } from './management-endpoint.ts';
import type { Parameters } from './parameters.ts';

const LARGEST_PAGE = 100;

/** Those of a list. */
export const LIST_PARAMETERS: readonly Parameter[] = [
  { ...query('limit', 'integer', 'Greatest number of entries in the answer, up to 100'), default: LARGEST_PAGE },
  { ...query('next_page_token', 'integer', 'nextPageToken of the page before'), default: 0 },
];

/** What was asked for of a list. */
export interface ListPage<T> {
  /** Of the next page; undefined on the last. */
  readonly nextPageToken: string | undefined;
  /** At most as many as were asked for. */
  readonly items: readonly T[];
}

/** Numbers that make no page are taken for the default, as by TorchServe. @throws ServeError `invalid_argument` for what is no number */
export function pageOf<T>(all: readonly T[], parameters: Parameters): ListPage<T> {
  const asked = parameters.integer('limit', -Infinity) ?? LARGEST_PAGE;
  const limit = asked < 1 || asked > LARGEST_PAGE ? LARGEST_PAGE : asked;
  const token = Math.max(0, parameters.integer('next_page_token', -Infinity) ?? 0);
  const nextPageToken = token + limit < all.length ? String(token + limit) : undefined;
  return { nextPageToken, items: all.slice(token, token + limit) };
}
