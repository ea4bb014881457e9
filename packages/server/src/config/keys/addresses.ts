/** Where the server listens, and who may reach it. */
import type { ConfigKeys } from '../config-key.ts';
import { listenAddress } from '../listen-address.ts';
import { boolean, filePath, hostNames, positiveNumber, text } from '../value-types.ts';

export const ADDRESS_KEYS = {
  inference_address: {
    type: listenAddress({ http: 8080, https: 443 }),
    default: 'http://127.0.0.1:8080',
    flag: true,
    description:
      'Where predictions and health are served. Port 0 is any free one. Addresses may be the same; `https://` needs a [certificate](security.md#tls).',
  },
  management_address: {
    type: listenAddress({ http: 8081, https: 8444 }),
    default: 'http://127.0.0.1:8081',
    flag: true,
    description: 'Where models are registered, scaled and described.',
  },
  metrics_address: {
    type: listenAddress({ http: 8082, https: 8445 }),
    default: 'http://127.0.0.1:8082',
    flag: true,
    description: 'Where Prometheus scrapes.',
  },
  disable_token_authorization: {
    type: boolean,
    defaultInWords: '`true` for addresses of loopback, else `false`',
    flag: 'disable-token-auth',
    description:
      'Whether calls need no token: `true` for none, `false` for all of the inference and the management API; without it those need one that other machines can reach. See [security.md](security.md#tokens).',
  },
  token_expiration_min: {
    type: positiveNumber({ max: 100 * 366 * 24 * 60, unit: 'minutes' }),
    default: '60',
    description: 'How long the keys for predictions and for models count; `/token` makes new ones.',
  },
  token_key_file: {
    type: filePath,
    default: 'key_file.json',
    defaultInWords: '`key_file.json` in the working directory',
    description:
      'File that the keys are written to, readable by its user alone, where calls need a token; it goes when the server stops. Each server needs one of its own.',
  },
  management_allowed_hosts: {
    type: hostNames,
    default: '',
    defaultInWords: 'the names of loopback and the own addresses',
    description:
      'Names beside these that the management API may be called by (header `Host`), so that no web page can reach it under a name of its own: `serve.example.org`, `*.example.org` for all below it, `*` for any. See [security.md](security.md#web-pages).',
  },
  inference_allowed_hosts: {
    type: hostNames,
    defaultInWords: 'any',
    description: 'The same for predictions: with it, only these names, those of loopback and the own addresses.',
  },
  cors_allowed_origin: {
    type: text,
    description:
      'Value of `access-control-allow-origin` on every reply. Pages of this origin, unless it is `*`, may call the management API as well.',
  },
  cors_allowed_methods: {
    type: text,
    description: 'Value of `access-control-allow-methods` on every reply.',
  },
  cors_allowed_headers: {
    type: text,
    description: 'Value of `access-control-allow-headers` on every reply.',
  },
} satisfies ConfigKeys;
