/** What is too large. */
import type { ConfigKeys } from '../config-key.ts';
import { boolean, integer } from '../value-types.ts';

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
  limit_max_image_pixels: {
    type: boolean,
    default: 'true',
    description: 'Whether the built-in image handlers refuse images of so many pixels that they may be an attack.',
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
    default: '1000',
    description: 'Most unpacked bytes per byte of an archive.',
  },
} satisfies ConfigKeys;
