/** What core says to the log; `observability/logs/logger.ts` writes it. */

/** Facts beside a message, such as `requestId` or `workerId`. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines of one message and facts beside it; never throws. */
export interface Logger {
  /** For somebody who looks for a fault. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator may want to know afterwards. */
  info(message: string, fields?: LogFields): void;
  /** What is odd, and needs nobody now. */
  warn(message: string, fields?: LogFields): void;
  /** What failed, and should be looked at. */
  error(message: string, fields?: LogFields): void;
  /** A logger whose every line carries these fields. */
  child(fields: LogFields): Logger;
}
