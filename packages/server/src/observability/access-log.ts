/** One line in the log for each request that was answered. */
import type { Logger } from '../core/logger.ts';
import { redactSecrets } from './redact-secrets.ts';

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

/** Characters of a target that are logged; nobody reads more, and Node takes 16,000. */
const MAX_TARGET_LENGTH = 1000;

/** @param level of the lines; `off` writes none */
export function createAccessLog(
  logger: Logger,
  level: 'off' | 'debug' | 'info' = 'info',
): (entry: AccessLogEntry) => void {
  if (level === 'off') return () => {};
  return ({ requestId, method, target, status, ms, bytes, remoteAddress }) => {
    const microseconds = Math.round(ms * 1000);
    const path = shortened(target);
    const fields = { requestId, method, path, status, ms: microseconds / 1000, bytes, remote: remoteAddress };
    logger[level](`${method} ${path} ${status}`, fields);
  };
}

/** A secret that is cut might not be seen as one any more. */
function shortened(target: string): string {
  if (target.length <= MAX_TARGET_LENGTH) return target;
  const shown = redactSecrets(target);
  if (shown.length <= MAX_TARGET_LENGTH) return shown;
  return `${shown.slice(0, MAX_TARGET_LENGTH)}… (${target.length} characters)`;
}
