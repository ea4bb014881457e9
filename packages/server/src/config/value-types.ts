/** The types of values that keys have: what they are called in the docs, and how a text becomes one. */
import path from 'node:path';

/** What a text was expected to be, and what came; without the key. */
export class ValueError extends Error {}

/** What a text is read against. */
export interface ParseContext {
  /** Folder that relative paths start from. */
  readonly cwd: string;
}

/** How the text of a key becomes a value. */
export interface ValueType<T> {
  /** One or two words for a table. */
  readonly name: string;
  /** What a text must be, to follow the word "expected". */
  readonly expected: string;
  /** What numbers count, such as `seconds`. */
  readonly unit?: string;
  /** @throws ValueError */
  parse(text: string, context: ParseContext): T;
}

/** What an integer may be. */
export interface IntegerOptions {
  /** Default 0. */
  readonly min?: number;
  /** What it counts, such as `bytes`; none by default. */
  readonly unit?: string;
}

/** Any text that is not empty. */
export const text: ValueType<string> = simple('text', 'a text', (value) => value || undefined);

/** `true` or `false`, in any case of letters. */
export const boolean: ValueType<boolean> = simple('boolean', 'true or false', (value) => {
  const lower = value.toLowerCase();
  return lower === 'true' || lower === 'false' ? lower === 'true' : undefined;
});

/** A whole number in decimal digits. */
export function integer({ min = 0, unit }: IntegerOptions = {}): ValueType<number> {
  const expected = `an integer from ${min}${unit === undefined ? '' : ` (${unit})`}`;
  return { ...simple('integer', expected, (value) => readInteger(value, min)), unit };
}

/** The same, or `auto` for a number that the server finds out. */
export function integerOrAuto(min: number): ValueType<number | 'auto'> {
  return simple('integer | auto', `auto or an integer from ${min}`, (value) =>
    value.toLowerCase() === 'auto' ? 'auto' : readInteger(value, min),
  );
}

function readInteger(text: string, min: number): number | undefined {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(number) && number >= min ? number : undefined;
}

/** What a number above 0 may be. */
export interface PositiveNumberOptions {
  /** The largest, included. */
  readonly max: number;
  /** What it counts, such as `seconds`. */
  readonly unit: string;
}

/** A decimal number, such as `0.5`. */
export function positiveNumber({ max, unit }: PositiveNumberOptions): ValueType<number> {
  const type = simple('number', `a number above 0, up to ${max} (${unit})`, (value) => {
    const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    return number > 0 && number <= max ? number : undefined;
  });
  return { ...type, unit };
}

/** One of a few words. */
export function oneOf<const T extends string>(...choices: readonly T[]): ValueType<T> {
  const expected = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  return simple(choices.join(' | '), expected, (value) => choices.find((choice) => choice === value.toLowerCase()));
}

/** The same, with further words for some of its values, in any case of letters. */
export function withAliases<T>(type: ValueType<T>, aliases: Readonly<Record<string, string>>): ValueType<T> {
  return { ...type, parse: (value, place) => type.parse(aliases[value.toLowerCase()] ?? value, place) };
}

/** A path, made absolute. */
export const filePath: ValueType<string> = {
  name: 'path',
  expected: 'a path',
  parse(value, { cwd }) {
    if (value === '' || value.includes('\0')) throw new ValueError(`expected a path, came "${value}"`);
    return path.resolve(cwd, value);
  },
};

/** A regular expression; an empty text is none. */
export const pattern: ValueType<RegExp | undefined> = {
  name: 'regular expression',
  expected: 'a regular expression',
  parse: (value) => (value === '' ? undefined : compile(value)),
};

/** Regular expressions between commas. */
export const patterns: ValueType<readonly RegExp[]> = {
  name: 'regular expressions',
  expected: 'regular expressions, separated by commas',
  parse: (value) => value.split(',').flatMap((each) => (each.trim() === '' ? [] : [compile(each.trim())])),
};

/** Paths between commas. */
export const filePaths: ValueType<readonly string[]> = {
  name: 'paths',
  expected: 'paths, separated by commas',
  parse(value, context) {
    return value.split(',').flatMap((each) => (each.trim() === '' ? [] : [filePath.parse(each.trim(), context)]));
  },
};

/** Names and texts, as JSON. */
export const textTable: ValueType<Readonly<Record<string, string>>> = {
  name: 'JSON',
  expected: 'a JSON object of names and texts',
  parse(value) {
    const table = parseJson(value);
    const isTable = typeof table === 'object' && table !== null && !Array.isArray(table);
    if (isTable && Object.values(table).every((each) => typeof each === 'string'))
      return table as Record<string, string>;
    throw new ValueError(`expected ${this.expected}, came "${value}"`);
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Names of hosts between commas: `serve.example.org`, `*.example.org` for all below it, `*` for any; IPv6 in brackets or not. */
export const hostNames: ValueType<readonly string[]> = {
  name: 'hosts',
  expected: 'names of hosts without ports, separated by commas',
  parse(value) {
    const names = value.split(',').flatMap((each) => each.trim() || []);
    const wrong = names.find((name) => !HOST_NAME.test(name));
    if (wrong !== undefined) throw new ValueError(`expected ${this.expected}, came "${wrong}"`);
    return names;
  },
};

const HOST_NAME = /^(?:\*|(?:\*\.)?[\p{L}\p{N}_.-]+|\[?[\da-f:.]*:[\da-f:.]*:[\da-f:.]*\]?)$/iu;

function compile(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ValueError(`expected a regular expression, came "${source}" (${reason})`, { cause: error });
  }
}

function simple<T>(name: string, expected: string, read: (text: string) => T | undefined): ValueType<T> {
  return {
    name,
    expected,
    parse(value) {
      const result = read(value);
      if (result === undefined) throw new ValueError(`expected ${expected}, came "${value}"`);
      return result;
    },
  };
}
