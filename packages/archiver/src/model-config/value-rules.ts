/** zod rules whose messages say what was expected and what came; for values that are data already (YAML, JSON). */
import * as z from 'zod';
import { nearest } from '../command-line/nearest.ts';

/** A whole number of at least `min`, and of at most `max` where that is said. */
export const integerFrom = (min: number, max = Infinity) =>
  rule<number>(
    `an integer from ${min}${max === Infinity ? '' : ` to ${max}`}`,
    (value) => isInteger(value, min) && Number(value) <= max,
  );

/** The same, or a number that the server finds out. */
export const integerOrAuto = (min: number) =>
  rule<number | 'auto'>(`auto or an integer from ${min}`, (value) => value === 'auto' || isInteger(value, min));

function isInteger(value: unknown, min: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min;
}

/** A boolean, and no text that looks like one. */
export const trueOrFalse = rule<boolean>('true or false', (value) => typeof value === 'boolean');

/** A text, also an empty one. */
export const anyText = rule<string>('a text', (value) => typeof value === 'string');

/** A text with something in it. @param expected how messages call it */
export const filledText = (expected: string) =>
  rule<string>(expected, (value) => typeof value === 'string' && value.trim() !== '');

/** One of these texts. */
export const oneOfWords = (...words: readonly string[]) =>
  rule<string>(words.join(' or '), (value) => words.includes(value as string));

function rule<T>(expected: string, accepts: (value: unknown) => boolean) {
  return z.custom<T>(accepts, { error: ({ input }) => `expected ${expected}, came ${came(input)}` });
}

/** For objects and lists of zod's own: they say what was expected and what came, too. */
export const expecting = (expected: string) => ({
  error: ({ code, input }: { readonly code?: string; readonly input?: unknown }) =>
    code === 'unrecognized_keys' ? undefined : `expected ${expected}, came ${came(input)}`,
});

function came(input: unknown): string {
  return input === undefined ? 'nothing' : shown(input);
}

/** One sentence per issue of a zod error. */
export function describeIssues({ issues }: z.ZodError, knownKeys: readonly string[]): string[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((each) => `${String(each)}: `).join('');
    if (issue.code !== 'unrecognized_keys') return [`${path}${issue.message}`];
    return issue.keys.map((key) => `${path}${key} is no known key.${nearest(key, knownKeys)}`);
  });
}

const LONGEST_SHOWN = 60;

/** A value as JSON, shortened. */
export function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > LONGEST_SHOWN ? `${json.slice(0, LONGEST_SHOWN)}…` : json;
}
