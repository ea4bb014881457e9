/** What core says to the log; `observability/logger.ts` writes it. */

/** Facts beside a message, such as `requestId` or `workerId`. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose every line carries these fields. */
  child(fields: LogFields): Logger;
}
