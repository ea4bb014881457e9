/** What is wrong with a configuration: everything at once, so that one look is enough. */

/** Keeps the server from starting; its message lists the problems. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One sentence each: where, which key, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? problems[0] : withHeadline(problems));
    this.problems = problems;
  }
}

function withHeadline(problems: readonly string[]): string {
  return [`${problems.length} problems with the configuration:`, ...problems.map((each) => `  - ${each}`)].join('\n');
}
