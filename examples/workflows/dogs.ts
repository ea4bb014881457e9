import type { Row } from '@marserve/handlers';

/** The start: both models get the image as it is. */
export const pre_processing = (rows: Row[]) => rows.map(({ data, body }) => data ?? body);
