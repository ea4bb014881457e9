/** Reading one section of the model's YAML file: every error names the key, what was expected and what came. */
import { valueText } from './tensor/tensor-json.ts';

/** Checks one value; `key` is its full path, for the message. */
export type ConfigReader<T> = (value: unknown, key: string) => T;

/** A section's keys, and how each is read. */
export type ConfigReaders<T> = { readonly [K in keyof T]-?: ConfigReader<NonNullable<T[K]>> };

/**
 * The section `name` of a model's configuration; keys that are not set (or null) are left out.
 * @throws Error for an unknown key or a wrong value
 */
export function readSection<T extends object>(
  config: Readonly<Record<string, unknown>>,
  name: string,
  readers: ConfigReaders<T>,
): Partial<T> {
  const section = config[name] ?? {};
  return objectOf(readers)(section, name);
}

/** Takes what a reader takes, and nothing or null, which is undefined. */
export function optional<T>(read: ConfigReader<T>, value: unknown, key: string): T | undefined {
  return value === undefined || value === null ? undefined : read(value, key);
}

/** Takes a whole number within the bounds, both included. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): ConfigReader<number> {
  return (value, key) => {
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return Number(value);
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw configError(key, `an integer ${range}`, value);
  };
}

/** Takes a finite number. */
export const number: ConfigReader<number> = (value, key) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw configError(key, 'a number', value);
};

/** Takes `true` or `false`. */
export const boolean: ConfigReader<boolean> = (value, key) => {
  if (typeof value === 'boolean') return value;
  throw configError(key, 'true or false', value);
};

/** Takes a text that is not empty. */
export const string: ConfigReader<string> = (value, key) => {
  if (typeof value === 'string' && value !== '') return value;
  throw configError(key, 'a text', value);
};

/** Takes one of these values, as it stands. */
export function oneOf<const T extends string | number | boolean>(...choices: readonly T[]): ConfigReader<T> {
  return (value, key) => {
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw configError(key, `one of ${choices.join(', ')}`, value);
  };
}

/** Takes a list that is not empty; errors name the item by its place. */
export function listOf<T>(read: ConfigReader<T>): ConfigReader<T[]> {
  return (value, key) => {
    if (!Array.isArray(value) || value.length === 0) throw configError(key, 'a list', value);
    return value.map((item, index) => read(item, `${key}[${index}]`));
  };
}

/** A single value counts as a list of one. */
export function oneOrMore<T>(read: ConfigReader<T>): ConfigReader<T[]> {
  return (value, key) => (Array.isArray(value) ? listOf(read)(value, key) : [read(value, key)]);
}

/** An object of exactly these keys, none of them required. */
export function objectOf<T extends object>(readers: ConfigReaders<T>): ConfigReader<Partial<T>> {
  const known = readers as Readonly<Record<string, ConfigReader<unknown> | undefined>>;
  return (value, key) => {
    if (!isPlainObject(value)) throw configError(key, 'keys and values', value);
    const result: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      const read = Object.hasOwn(known, name) ? known[name] : undefined;
      if (read === undefined)
        throw new Error(`Model config: unknown key ${key}.${name}; known are ${Object.keys(known).join(', ')}`);
      if (item !== null && item !== undefined) result[name] = read(item, `${key}.${name}`);
    }
    return result as Partial<T>;
  };
}

/** Whether a value is a mapping of YAML or JSON: an object of no class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The error for a value of the wrong kind. */
export function configError(key: string, expected: string, value: unknown): Error {
  return new Error(`Model config: ${key} must be ${expected}, got ${valueText(value)}`);
}
