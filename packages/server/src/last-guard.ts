/** What nobody caught ends neither the daemon nor the requests of others: it is logged and counted. */
import type { Logger } from './core/logger.ts';

/** Who hears of it. */
export interface LastGuardOptions {
  /** Gets the error with its stack. */
  readonly logger: Logger;
  /** Called for each. */
  readonly onError: () => void;
}

/** From now on, for this process. @returns a function that takes it away again */
export function installLastGuard({ logger, onError }: LastGuardOptions): () => void {
  const onException = (error: unknown, origin: string) => {
    onError();
    logger.error('an error that nobody caught; the server goes on', { origin, error });
  };
  const onRejection = (reason: unknown) => onException(reason, 'unhandledRejection');
  process.on('uncaughtException', onException);
  process.on('unhandledRejection', onRejection);
  return () => {
    process.off('uncaughtException', onException);
    process.off('unhandledRejection', onRejection);
  };
}
