/** The keys that callers show: one for predictions, one for models, one that renews these two. */
import { randomBytes, timingSafeEqual } from 'node:crypto';

/** As TorchServe calls them. */
export type KeyName = 'inference' | 'management' | 'API';

/** Those that expire and are renewed. */
export type RenewableKey = Exclude<KeyName, 'API'>;

/** A key as TorchServe's key file has it. */
export interface TokenKey {
  /** Random text, what follows `Bearer`. */
  readonly key: string;
  /** ISO 8601; the key of `API` has none. */
  readonly 'expiration time'?: string;
}

/** TorchServe's key file: JSON of this. */
export type TokenKeySet = Readonly<Record<KeyName, TokenKey>>;

/** What a token is. */
export type TokenState =
  { readonly kind: 'valid' } | { readonly kind: 'wrong' } | { readonly kind: 'expired'; readonly since: string };

/** How long keys count, and where they are kept. */
export interface TokenKeysOptions {
  /** How long a key counts. */
  readonly lifetimeMs: number;
  /** Writes new keys down. @throws what keeps them from being written; the former ones stay then */
  readonly store: (keys: TokenKeySet) => void;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/** TorchServe's have 6 bytes, which can be guessed. */
const KEY_BYTES = 32;

/** The keys that count now; made anew at each start. */
export class TokenKeys {
  readonly #options: TokenKeysOptions;
  #keys: TokenKeySet;

  constructor(options: TokenKeysOptions) {
    this.#options = options;
    this.#keys = { management: this.#create(), inference: this.#create(), API: { key: createKey() } };
  }

  /** For the key file. */
  get all(): TokenKeySet {
    return this.#keys;
  }

  /** Takes over those that another process has made. */
  adopt(keys: TokenKeySet): void {
    this.#keys = keys;
  }

  /** Takes as long for a wrong token as for the right one. */
  check(name: KeyName, token: string): TokenState {
    const { key, 'expiration time': since } = this.#keys[name];
    if (!isEqual(token, key)) return { kind: 'wrong' };
    return since !== undefined && this.#now() >= Date.parse(since) ? { kind: 'expired', since } : { kind: 'valid' };
  }

  /** Makes a new key; the former one counts no more. */
  renew(name: RenewableKey): TokenKey {
    const keys = { ...this.#keys, [name]: this.#create() };
    this.#options.store(keys);
    this.#keys = keys;
    return keys[name];
  }

  #create(): TokenKey {
    return { key: createKey(), 'expiration time': new Date(this.#now() + this.#options.lifetimeMs).toISOString() };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

function createKey(): string {
  return randomBytes(KEY_BYTES).toString('base64url');
}

/** All keys have the same length, which is no secret. */
function isEqual(token: string, key: string): boolean {
  const [left, right] = [Buffer.from(token), Buffer.from(key)];
  return left.length === right.length && timingSafeEqual(left, right);
}
