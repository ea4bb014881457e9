/** What is too large. */
import type { ConfigKeys } from '../config-key.ts';
import { integer } from '../value-types.ts';

export const LIMIT_KEYS = {
  max_request_size: {
    type: integer({ min: 1, unit: 'bytes' }),
    default: '6553500',
    flag: true,
    description: 'Largest body of a request.',
  },
  max_response_size: {
    type: integer({ min: 1, unit: 'bytes' }),
    default: '6553500',
    flag: true,
    description: 'Largest result of a handler for one request.',
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
} satisfies ConfigKeys;
