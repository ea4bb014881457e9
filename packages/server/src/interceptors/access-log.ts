/** One line in the log for each request that was answered. */
import type { Logger } from '../core/logger.ts';
import { redactSecrets } from '../core/redact-secrets.ts';
import type { Interceptor } from './interceptor.ts';

/** Characters of a target that are logged; nobody reads more, and Node takes 16,000. */
const MAX_TARGET_LENGTH = 1000;

/** @param level of the lines; `off` writes none */
export function createAccessLog(logger: Logger, level: 'off' | 'debug' | 'info' = 'info'): Interceptor {
  if (level === 'off') return {};
  return {
    answered({ requestId, method, target, remoteAddress }, { status, ms, bytes }) {
      const microseconds = Math.round(ms * 1000);
      const path = shortened(target);
      const fields = { requestId, method, path, status, ms: microseconds / 1000, bytes, remote: remoteAddress };
      logger[level](`${method} ${path} ${status}`, fields);
    },
  };
}

/** A secret that is cut might not be seen as one any more. */
function shortened(target: string): string {
  if (target.length <= MAX_TARGET_LENGTH) return target;
  const shown = redactSecrets(target);
  if (shown.length <= MAX_TARGET_LENGTH) return shown;
  return `${shown.slice(0, MAX_TARGET_LENGTH)}… (${target.length} characters)`;
}
