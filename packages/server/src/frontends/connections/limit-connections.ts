/** Bounds the connections of a server, and tells of those that found no place. */
import type { Server } from 'node:net';
import type { Logger } from '../../core/logger.ts';

/** What bounds the connections of an address. */
export interface ConnectionLimits {
  /** Longest time for the headers of a request, and for agreeing on keys, in milliseconds. */
  readonly headerTimeoutMs: number;
  /** How long a connection may be without a request, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** Most connections at a time, whatever is spoken on them; those beyond are closed at once. */
  readonly maxConnections: number;
}

/** A flood of connections is not one of lines. */
const REPORT_MS = 10_000;

/** To be called once for a server; what it drops is logged once in a while. */
export function limitConnections(server: Server, maxConnections: number, logger: Logger): void {
  server.maxConnections = maxConnections;
  let dropped = 0;
  const report = () => {
    logger.warn('connections were closed for being too many (max_connections)', { maxConnections, dropped });
    dropped = 0;
  };
  server.on('drop', () => {
    if (dropped === 0) setTimeout(report, REPORT_MS).unref();
    dropped += 1;
  });
}
