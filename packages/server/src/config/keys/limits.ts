/** What is too large. */
import type { ConfigKeys } from '../config-key.ts';
import { boolean, integer } from '../value-types.ts';

/** The keys of sizes, counts and times that are too much. */
export const LIMIT_KEYS = {
  max_request_size: {
    type: integer({ min: 1, unit: 'bytes' }),
    default: '6553500',
    flag: true,
    description: 'Largest body of a request, before and after its `Content-Encoding` is undone.',
  },
  max_response_size: {
    type: integer({ min: 1, unit: 'bytes' }),
    default: '6553500',
    flag: true,
    description: 'Largest result of a handler for one request.',
  },
  max_inflight_bytes: {
    type: integer({ min: 1, unit: 'bytes' }),
    defaultInWords: 'a quarter of the memory that the server may use',
    description:
      'Most memory for the bodies of all requests that are on their way, and for answers that their clients have not taken. A body is let in while it takes no more than a quarter of what is left, so that large ones leave room for small ones; else it waits unread, for up to five seconds, and is refused then with status 503 and `Retry-After`.',
  },
  response_compression: {
    type: boolean,
    default: 'true',
    description:
      'Whether answers are compressed where the client asks for it with `Accept-Encoding`; see [open-inference-protocol.md](open-inference-protocol.md). `false` where the network is quicker than compressing.',
  },
  request_header_timeout: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '30',
    description:
      'Longest time for the headers of a request, from its first byte or its connection; 408 then. A connection that has not shown whether it is one of HTTP/2 by then is closed.',
  },
  request_body_timeout: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '120',
    description:
      'Longest time from the headers of a request to the end of its body; 408 then. Of gRPC, from a call to the end of its message; in a stream of messages, from the first byte of each to its last.',
  },
  response_write_timeout: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '120',
    description:
      'Longest time that a client may take to read its answer; its connection is closed then. Of gRPC, in which it takes nothing of what waits for it; its call is ended then.',
  },
  keep_alive_timeout: {
    type: integer({ min: 1, unit: 'seconds' }),
    default: '75',
    flag: true,
    description:
      'How long a connection may be without a request, or a call of gRPC. Load balancers that keep connections should close theirs earlier.',
  },
  max_connections: {
    type: integer({ min: 1 }),
    default: '12000',
    description:
      'Most connections of clients at a time, at each address, of REST and gRPC together where both are served there; those beyond are closed at once.',
  },
  grpc_max_concurrent_streams: {
    type: integer({ min: 1 }),
    default: '256',
    description:
      'Most calls that a connection of gRPC may have at a time; further ones wait at the client, or are refused.',
  },
  grpc_min_ping_interval_ms: {
    type: integer({ unit: 'milliseconds' }),
    default: '10000',
    description:
      'Shortest time between two pings of a gRPC client on a connection without calls; with a third in a row that comes earlier it is closed. 0 for any.',
  },
  archive_max_entries: {
    type: integer({ min: 1 }),
    default: '10000',
    description: 'Most files and folders that an archive may hold.',
  },
  archive_max_total_size: {
    type: integer({ min: 1, unit: 'bytes' }),
    default: String(64 * 2 ** 30),
    description: 'Largest size of an archive, of a download as well as unpacked.',
  },
  archive_max_ratio: {
    type: integer({ min: 1 }),
    default: '200',
    description: 'Most unpacked bytes per byte of an archive.',
  },
  download_timeout: {
    type: integer({ unit: 'seconds' }),
    default: '3600',
    description:
      'Longest time that the download of an archive may take; 0 for as long as it takes. It ends as well when the client that asked for the registration goes away.',
  },
} satisfies ConfigKeys;
