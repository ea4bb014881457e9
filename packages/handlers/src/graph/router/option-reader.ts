/** The options of a policy, as its step has them. */
import { configError, number, type ConfigReader } from '../../model-config.ts';

/** Reads one; undefined where it is not set. @throws Error with its place for a wrong value */
export type OptionReader = <T>(name: string, read: ConfigReader<T>) => T | undefined;

/** @param key path of the step */
export function optionReader(fields: Readonly<Record<string, unknown>>, key: string): OptionReader {
  return (name, read) => {
    const value = fields[name];
    return value === undefined || value === null ? undefined : read(value, `${key}.${name}`);
  };
}

/** Takes a number within the bounds, both included. */
export function numberWithin(min: number, max = Infinity): ConfigReader<number> {
  return (value, key) => {
    const read = number(value, key);
    if (read >= min && read <= max) return read;
    throw configError(key, max === Infinity ? `a number of at least ${min}` : `a number from ${min} to ${max}`, value);
  };
}
