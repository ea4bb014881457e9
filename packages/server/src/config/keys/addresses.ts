/** Where the server listens, and who may reach it. */
import type { ConfigKeys } from '../config-key.ts';
import { listenAddress } from '../listen-address.ts';
import { boolean, text } from '../value-types.ts';

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
  cors_allowed_origin: {
    type: text,
    description: 'Value of `access-control-allow-origin` on every reply.',
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
