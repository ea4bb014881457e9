/** Reads the names of flags as Python's argparse does, which the commands of TorchServe are made with. */
import { nearest } from './nearest.ts';

/** Name → whether the flag takes a value. Names of one letter are short forms. */
export type FlagNames = Readonly<Record<string, boolean>>;

/** A flag that means nothing, or several things. */
export class FlagNameError extends Error {
  override readonly name = 'FlagNameError';
}

/**
 * The same arguments with the full names of flags that were shortened, and without flags whose value is empty, as
 * `--extra-files "$FILES"` may be. What follows `--` is left as it is.
 * @throws FlagNameError for an unknown name, long or short, with the nearest known one, and for one that several flags begin with
 */
export function completeFlags(args: readonly string[], flags: FlagNames): string[] {
  const result: string[] = [];
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  for (let index = 0; index < end; index += 1) {
    const { prefix, name, value } = partsOf(args[index] ?? '', flags);
    const takesValue = flags[name] === true;
    if (takesValue && value === '') continue;
    if (takesValue && value === undefined && args[index + 1] === '') index += 1;
    else result.push(`${prefix}${name}${value === undefined ? '' : `=${value}`}`);
  }
  return [...result, ...args.slice(end)];
}

interface Parts {
  /** Nothing, for what is no flag. */
  readonly prefix: '' | '-' | '--';
  readonly name: string;
  /** What follows a `=`. */
  readonly value?: string;
}

function partsOf(argument: string, flags: FlagNames): Parts {
  const [, given, value] = /^--([^=]+)(?:=([^]*))?$/.exec(argument) ?? [];
  if (given !== undefined) return { prefix: '--', name: completed(given, flags), value };
  const letter = /^-([a-z])/i.exec(argument)?.[1];
  if (letter !== undefined && !Object.hasOwn(flags, letter)) throw unknownShort(argument, flags);
  const short = /^-([^-])$/.exec(argument)?.[1];
  return short === undefined ? { prefix: '', name: argument } : { prefix: '-', name: short };
}

/** Words of a name may be joined by underscores, as in the commands of other servers. */
function completed(written: string, flags: FlagNames): string {
  const given = Object.hasOwn(flags, written) ? written : written.replaceAll('_', '-');
  const known = Object.keys(flags).filter((name) => name.length > 1);
  if (known.includes(given)) return given;
  const [match, ...others] = known.filter((name) => name.startsWith(given));
  const all = known.map((name) => `--${name}`);
  if (match === undefined) throw new FlagNameError(`Unknown argument: ${written}.${nearest(`--${given}`, all)}`);
  if (others.length === 0) return match;
  const candidates = [match, ...others].map((name) => `--${name}`).join(', ');
  throw new FlagNameError(`Ambiguous argument: --${written} may be ${candidates}.`);
}

/** A parser would ask for what was meant by it, under its full name. */
function unknownShort(argument: string, flags: FlagNames): FlagNameError {
  const known = Object.keys(flags).flatMap((name) => (name.length > 1 ? [`--${name}`] : []));
  const begun = known.filter((name) => name.startsWith(`-${argument}`));
  const hint = begun.length > 0 ? ` Did you mean ${begun.join(' or ')}?` : nearest(`-${argument}`, known);
  return new FlagNameError(`Unknown argument: ${argument}.${hint}`);
}
