/** Tokens: the keys, their file, and what checks and renews them; nothing where no API needs one. */
import type { ServerConfig } from './config/schema.ts';
import { tokenApis } from './config/token-apis.ts';
import type { Logger } from './core/logger.ts';
import type { Interceptor } from './interceptors/interceptor.ts';
import { createTokenCheck } from './interceptors/token-check.ts';
import { TokenKeys, type TokenKeySet } from './interceptors/token-keys.ts';
import type { Endpoint } from './protocols/endpoint.ts';
import { createTokenEndpoints } from './protocols/token-endpoints.ts';
import { createKeyFile } from './storage/key-file.ts';

/** What tokens add to the server. */
export interface TokenAuthorization {
  /** Check the tokens; none where no API needs one. */
  readonly interceptors: readonly Interceptor[];
  /** For the management address. */
  readonly endpoints: readonly Endpoint[];
  /** The keys that count now; undefined where no API needs one. */
  keys(): TokenKeySet | undefined;
  /** Writes the key file. @throws KeyFileError */
  publish(): void;
  /** Deletes the key file. */
  close(): void;
}

const MINUTE_MS = 60_000;

/** Makes new keys; no file is written before `publish`. @param onRenewed called when a key has taken the place of another */
export function createTokenAuthorization(
  config: ServerConfig,
  logger: Logger,
  onRenewed: (keys: TokenKeySet) => void = () => {},
): TokenAuthorization {
  const apis = tokenApis(config);
  if (apis.size === 0) return { interceptors: [], endpoints: [], keys: () => undefined, publish() {}, close() {} };
  const file = createKeyFile(config.tokenKeyFile);
  const lifetimeMs = config.tokenExpirationMin * MINUTE_MS;
  const store = (changed: TokenKeySet) => {
    file.update(changed);
    onRenewed(changed);
  };
  const keys = new TokenKeys({ lifetimeMs, store });
  return {
    interceptors: [createTokenCheck(keys, apis)],
    endpoints: createTokenEndpoints(keys),
    keys: () => keys.all,
    publish() {
      file.create(keys.all);
      logger.info('calls need a token', { apis: [...apis], keyFile: config.tokenKeyFile });
    },
    close: () => file.remove(),
  };
}

/** What tokens add to a front end, which has its keys from the main process. */
export interface AdoptedAuthorization extends Pick<TokenAuthorization, 'interceptors' | 'endpoints'> {
  /** Other keys count from now on. */
  adopt(keys: TokenKeySet): void;
}

/** @param given undefined where no API needs a key */
export function adoptTokenAuthorization(config: ServerConfig, given: TokenKeySet | undefined): AdoptedAuthorization {
  if (given === undefined) return { interceptors: [], endpoints: [], adopt() {} };
  const keys = new TokenKeys({ lifetimeMs: config.tokenExpirationMin * MINUTE_MS, store() {} });
  keys.adopt(given);
  return {
    interceptors: [createTokenCheck(keys, tokenApis(config))],
    endpoints: createTokenEndpoints(keys),
    adopt: (changed) => keys.adopt(changed),
  };
}
