/** One row of the table of keys. */
import type { ValueType } from './value-types.ts';

/** A key of config.properties; `T` is what its text becomes. */
export interface ConfigKey<T = unknown> {
  /** How its text is read, and what the docs call it. */
  readonly type: ValueType<T>;
  /** What it does, in a sentence or two. */
  readonly description: string;
  /** Its value when nobody says one, as it would be written in the file; without it the value is undefined. */
  readonly default?: string;
  /** The default in words, where it depends on the machine. */
  readonly defaultInWords?: string;
  /** The server does not start without it. */
  readonly isRequired?: true;
  /** Name of its flag without dashes; `true` for the key with dashes for underscores; no flag without it. */
  readonly flag?: string | true;
  /** Whether its value is kept out of what the server writes: snapshots and logs. */
  readonly isSecret?: true;
  /** False for what the environment must not set. */
  readonly isInEnvironment?: false;
}

/** A part of the table, by the names of the keys. */
export type ConfigKeys = Readonly<Record<string, ConfigKey>>;

/** Name of a key's flag without dashes, or undefined. */
export function flagOf(key: string, { flag }: ConfigKey): string | undefined {
  return flag === true ? key.replaceAll('_', '-') : flag;
}

/** Name of the environment variable that sets a key. */
export function variableOf(key: string): string {
  return `TS_${key.toUpperCase()}`;
}
