/** The same arm for the same user: what names the user, and which arm that is. */
import { createHash } from 'node:crypto';
import { configError, isPlainObject, oneOf, string } from '../../model-config.ts';
import type { GraphValue } from '../graph-value.ts';
import { readPath } from '../value-path.ts';
import type { ArmWeight } from './arm-weight.ts';
import type { RouterCall } from './router-policy.ts';

/** What names the user of a request; undefined where nothing does. */
export type UserKey = (value: GraphValue, call: RouterCall) => string | undefined;

/** `{ header }`, `{ cookie }` or `{ field }`; nothing names anybody. @throws Error for anything else */
export function readSticky(value: unknown, key: string): UserKey {
  if (value === undefined || value === null) return () => undefined;
  const [entry, ...others] = isPlainObject(value) ? Object.entries(value) : [];
  if (entry === undefined || others.length > 0) throw configError(key, 'an object with header, cookie or field', value);
  const kind = oneOf('header', 'cookie', 'field')(entry[0], key);
  return KEYS[kind](string(entry[1], `${key}.${kind}`));
}

const KEYS: Readonly<Record<'header' | 'cookie' | 'field', (name: string) => UserKey>> = {
  header(name) {
    const lowerCase = name.toLowerCase();
    return (_, { headers }) => headers[lowerCase];
  },
  cookie:
    (name) =>
    (_, { headers }) =>
      cookieIn(headers['cookie'] ?? '', name),
  field(path) {
    const valueAt = readPath(path);
    return (value) => {
      const found = valueAt(value);
      return found === undefined || found === null ? undefined : JSON.stringify(found);
    };
  },
};

/** RFC 6265, 4.2.1; of several of the name the first. */
function cookieIn(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const [cookie = '', ...value] = pair.split('=');
    if (cookie.trim() === name && value.length > 0) return value.join('=').trim();
  }
  return undefined;
}

/**
 * Weighted rendezvous hashing: an arm whose weight grows takes users from the others, and none go from one of the others to another.
 * @param weights at least one above 0
 */
export function stickyArm(weights: readonly ArmWeight[], user: string): string {
  let best = { arm: '', score: -1 };
  for (const { arm, weight } of weights) {
    const score = weight / -Math.log(hashed(`${arm}:${user}`));
    if (score > best.score && weight > 0) best = { arm, score };
  }
  return best.arm;
}

/** Above 0 and below 1, even for names that are alike. */
function hashed(text: string): number {
  return (createHash('sha256').update(text).digest().readUIntBE(0, 6) + 0.5) / 2 ** 48;
}
