/** What is read from JSON of a worker, where an object must be, and what is said where something else is. */
import { isDeeper } from './is-deeper.ts';

/** The members of an object. */
export type Fields = Readonly<Record<string, unknown>>;

/** @param what for people @throws Error for what is no object */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw unexpected(what, 'an object', value);
}

const MAX_SHOWN_CHARS = 100;

/** An error that tells what came; it is cut short. */
export function unexpected(what: string, expected: string, given: unknown): Error {
  const shown = given === undefined ? 'nothing' : isDeeper(given, 2) ? 'something deep' : JSON.stringify(given);
  return new Error(`${what}: expected ${expected}, got ${shown.slice(0, MAX_SHOWN_CHARS)}`);
}
