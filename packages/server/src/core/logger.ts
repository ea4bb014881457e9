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

/** Which lines are logged; each kind by itself. */
export type LogKinds = Readonly<Record<'debug' | 'info' | 'warn' | 'error', boolean>>;

/** What can be switched while the server runs, for all loggers at once; it counts until the server ends. */
export interface LogControl {
  /** As they are now. */
  readonly kinds: LogKinds;
  /** The file that lines are appended to; undefined for stdout. */
  readonly file?: string;
  /** Those that are named change. */
  switch(kinds: Partial<LogKinds>): void;
}
