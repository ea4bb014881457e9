/** Where the server listens, and who may reach it. */
import type { ConfigKeys } from '../config-key.ts';
import { listenAddress } from '../listen-address.ts';
import { boolean, hostNames, text } from '../value-types.ts';

export const ADDRESS_KEYS = {
  inference_address: {
    type: listenAddress(8080),
    default: 'http://127.0.0.1:8080',
    flag: true,
    description: 'Where predictions and health are served. Port 0 is any free one. Addresses may be the same.',
  },
  management_address: {
    type: listenAddress(8081),
    default: 'http://127.0.0.1:8081',
    flag: true,
    description: 'Where models are registered, scaled and described.',
  },
  metrics_address: {
    type: listenAddress(8082),
    default: 'http://127.0.0.1:8082',
    flag: true,
    description: 'Where Prometheus scrapes.',
  },
  disable_token_authorization: {
    type: boolean,
    default: 'false',
    flag: 'disable-token-auth',
    description:
      'Allows addresses that other machines can reach. Token authorization is not available yet: whoever reaches the management address can run code here.',
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
