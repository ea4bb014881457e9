/** One line in the log for each request that was answered. */
import type { Logger } from '../core/logger.ts';

/** A request and what became of it. */
export interface AccessLogEntry {
  readonly requestId: string;
  readonly method: string;
  /** Path and query as the client sent them. */
  readonly target: string;
  readonly status: number;
  readonly ms: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  readonly remoteAddress: string | undefined;
}

/** @param level of the lines; `off` writes none */
export function createAccessLog(
  logger: Logger,
  level: 'off' | 'debug' | 'info' = 'info',
): (entry: AccessLogEntry) => void {
  if (level === 'off') return () => {};
  return ({ requestId, method, target, status, ms, bytes, remoteAddress }) => {
    const microseconds = Math.round(ms * 1000);
    const fields = { requestId, method, path: target, status, ms: microseconds / 1000, bytes, remote: remoteAddress };
    logger[level](`${method} ${target} ${status}`, fields);
  };
}
