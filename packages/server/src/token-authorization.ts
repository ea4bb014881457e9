/** Tokens: the keys, their file, and what checks and renews them; nothing where no API needs one. */
import type { ServerConfig } from './config/schema.ts';
import { tokenApis } from './config/token-apis.ts';
import type { Logger } from './core/logger.ts';
import type { Interceptor } from './interceptors/interceptor.ts';
import { createTokenCheck } from './interceptors/token-check.ts';
import { TokenKeys } from './interceptors/token-keys.ts';
import type { Endpoint } from './protocols/endpoint.ts';
import { createTokenEndpoints } from './protocols/token-endpoints.ts';
import { createKeyFile } from './storage/key-file.ts';

/** What tokens add to the server. */
export interface TokenAuthorization {
  /** Check the tokens; none where no API needs one. */
  readonly interceptors: readonly Interceptor[];
  /** For the management address. */
  readonly endpoints: readonly Endpoint[];
  /** Writes the key file. @throws KeyFileError */
  publish(): void;
  /** Deletes the key file. */
  close(): void;
}

const MINUTE_MS = 60_000;

/** Makes new keys; no file is written before `publish`. */
export function createTokenAuthorization(config: ServerConfig, logger: Logger): TokenAuthorization {
  const apis = tokenApis(config);
  if (apis.size === 0) return { interceptors: [], endpoints: [], publish() {}, close() {} };
  const file = createKeyFile(config.tokenKeyFile);
  const lifetimeMs = config.tokenExpirationMin * MINUTE_MS;
  const keys = new TokenKeys({ lifetimeMs, store: (changed) => file.update(changed) });
  return {
    interceptors: [createTokenCheck(keys, apis)],
    endpoints: createTokenEndpoints(keys),
    publish() {
      file.create(keys.all);
      logger.info('calls need a token', { apis: [...apis], keyFile: config.tokenKeyFile });
    },
    close: () => file.remove(),
  };
}
