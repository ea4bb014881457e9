/** Tells of a request that was not answered as it was asked. */
import type { ServeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

/** Who is told, and of which request. */
export interface FailureReport {
  /** Of the request that failed. */
  readonly requestId: string;
  /** Told of the server's own faults with their stacks. */
  readonly logger: Logger;
  /** Called for an error that is a fault of the server. */
  readonly onInternalError: () => void;
}

/** @param isFault whether it is a fault of the server: counted, and logged with its cause */
export function reportFailure(error: ServeError, isFault: boolean, report: FailureReport): void {
  const { requestId, logger, onInternalError } = report;
  if (isFault) {
    onInternalError();
    logger.error('request failed', { requestId, error: error.cause });
  } else logger.debug('request refused', { requestId, code: error.code, reason: error.message });
}
