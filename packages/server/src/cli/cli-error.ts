/** An end of the command that a user can do something about: its message is all that is shown. */

/** An expected end: shown without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

/** The command line itself is wrong. */
export class UsageError extends CliError {}
