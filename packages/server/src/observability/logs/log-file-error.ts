/** The log file cannot be opened; the message says what to do. */
export class LogFileError extends Error {
  override readonly name = 'LogFileError';
}
