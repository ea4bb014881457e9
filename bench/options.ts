/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Names of scenarios; all of them when it is undefined. */
  readonly only: readonly string[] | undefined;
  readonly isQuick: boolean;
  /** A revision of git to compare with, in place of the limits. */
  readonly compare: string | undefined;
  /** Folder for the results. */
  readonly output: string | undefined;
  /** Whether the servers record what they do; they are slower for it. */
  readonly isProfiled: boolean;
  readonly action: 'run' | 'list' | 'help';
}

export const HELP = `npm run bench [-- OPTIONS]

Measures marserve against its limits, in turn, and writes bench/results/.

  --only NAME[,NAME]  these scenarios alone
  --quick             short measurements: whether it works, not how fast it is
  --compare REV       this checkout against a revision of git, in place of the limits
  --profile           where the server and its workers spend their time, as well
  --output DIR        where the results go; bench/results by default
  --list              the scenarios and their goals
  --help              this text
`;

/** @throws Error with what is wrong */
export function readOptions(args: readonly string[], known: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true },
      quick: { type: 'boolean', default: false },
      compare: { type: 'string' },
      profile: { type: 'boolean', default: false },
      output: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.flatMap((names) => names.split(',')).map((name) => name.trim());
  const unknown = only?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const { quick: isQuick, profile: isProfiled, compare, output } = values;
  return { only, isQuick, isProfiled, compare, output, action: values.help ? 'help' : values.list ? 'list' : 'run' };
}
