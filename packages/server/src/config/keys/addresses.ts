/** Where the server listens, and who may reach it. */
import type { ConfigKeys } from '../config-key.ts';
import { listenAddress, listenHost, listenPort } from '../listen-address.ts';
import { PROFILE_NAMES } from '../profiles.ts';
import { boolean, filePath, hostNames, integer, oneOf, positiveNumber, text } from '../value-types.ts';

/** The keys of addresses, hosts, tokens and cross-origin requests. */
export const ADDRESS_KEYS = {
  profile: {
    type: oneOf(...PROFILE_NAMES),
    default: 'torchserve',
    flag: true,
    description:
      'The server that this one stands in for: its ports, its limits, and its words for paths that nobody knows. Only defaults: every key that is set wins. See [below](#profiles).',
  },
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
  address: {
    type: listenHost,
    defaultInWords: 'the hosts of the addresses',
    flag: true,
    description: 'Host of `inference_address` and `grpc_inference_address`, in their place.',
  },
  http_port: {
    type: listenPort,
    defaultInWords: 'that of `inference_address`',
    flag: true,
    description: 'Port of `inference_address`, in its place.',
  },
  grpc_port: {
    type: listenPort,
    defaultInWords: 'that of `grpc_inference_port`',
    flag: true,
    description: 'Another name of `grpc_inference_port`.',
  },
  enable_grpc: {
    type: boolean,
    default: 'true',
    description: 'Whether there is gRPC beside REST. It costs nothing before its first client comes.',
  },
  grpc_inference_address: {
    type: listenHost,
    defaultInWords: '`127.0.0.1`; with the port of `inference_address`, its host',
    flag: true,
    description: 'Host where predictions and health are served over gRPC.',
  },
  grpc_inference_port: {
    type: listenPort,
    defaultInWords: '`7070`, if it is free',
    flag: true,
    description:
      'Its port; 0 is any free one, and that of `inference_address` [serves both there](grpc.md#one-port). Where neither this key nor the host is set and the port is taken, the server warns and does without.',
  },
  grpc_management_address: {
    type: listenHost,
    defaultInWords: '`127.0.0.1`; with the port of `management_address`, its host',
    flag: true,
    description: 'Host where models are registered, scaled and described over gRPC.',
  },
  grpc_management_port: {
    type: listenPort,
    defaultInWords: '`7071`, if it is free',
    flag: true,
    description: 'Its port, as `grpc_inference_port`.',
  },
  grpc_inference_max_connection_age_ms: {
    type: integer({ min: 1, unit: 'milliseconds' }),
    defaultInWords: 'for ever',
    description: 'How long a client may use its connection before it is told to make a new one.',
  },
  grpc_inference_max_connection_age_grace_ms: {
    type: integer({ min: 1, unit: 'milliseconds' }),
    defaultInWords: 'for ever',
    description: 'How long what is under way on such a connection may take then.',
  },
  grpc_management_max_connection_age_ms: {
    type: integer({ min: 1, unit: 'milliseconds' }),
    defaultInWords: 'for ever',
    description: 'As `grpc_inference_max_connection_age_ms`.',
  },
  grpc_management_max_connection_age_grace_ms: {
    type: integer({ min: 1, unit: 'milliseconds' }),
    defaultInWords: 'for ever',
    description: 'As `grpc_inference_max_connection_age_grace_ms`.',
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
    description:
      'Value of `access-control-allow-methods` on every reply. Without it, a preflight is told the methods that the path takes.',
  },
  cors_allowed_headers: {
    type: text,
    description:
      'Value of `access-control-allow-headers` on every reply. Without it, a preflight is allowed the headers that it asks for.',
  },
} satisfies ConfigKeys;
