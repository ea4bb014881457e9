/** What a request must be like for a step of a switch. */
import { configError, isPlainObject } from '../model-config.ts';
import { valueText } from '../tensor/tensor-json.ts';
import type { GraphValue } from './graph-value.ts';
import { readPaths } from './value-path.ts';

/** Whether a request meets it. */
export type Condition = (value: GraphValue) => boolean;

interface Test {
  /** Whether it can be held against such a value. */
  readonly takes: (expected: unknown) => boolean;
  /** Whether what is found meets it. */
  readonly holds: (found: unknown, expected: unknown) => boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const TESTS: Readonly<Record<string, Test>> = {
  exists: {
    takes: (expected) => typeof expected === 'boolean',
    holds: (found, expected) => (found !== undefined) === expected,
  },
  equals: { takes: (expected) => expected !== undefined, holds: isSame },
  in: { takes: Array.isArray, holds: (found, list) => (list as unknown[]).some((each) => isSame(each, found)) },
  above: { takes: isNumber, holds: (found, least) => isNumber(found) && found > (least as number) },
  below: { takes: isNumber, holds: (found, most) => isNumber(found) && found < (most as number) },
};

/**
 * A path that must be there, such as `instances.0.kind`, or `{path, equals}` with `exists`, `in`, `above` and `below` as further
 * tests, all of which hold. Predictions are instances, and outputs inputs; `*` in a path stands for any item of a list.
 * @throws Error for anything else
 */
export function readCondition(value: unknown, key: string): Condition {
  const { path, ...tests } = isPlainObject(value) ? value : { path: value, exists: true };
  if (typeof path !== 'string' || path === '') throw configError(key, 'a path, or an object with one', value);
  const valuesAt = readPaths(path);
  const checks = Object.entries(tests).map(([name, expected]) => readTest(name, expected, `${key}.${name}`));
  if (checks.length === 0) throw configError(key, `an object with one of ${Object.keys(TESTS).join(', ')}`, value);
  return (request) => valuesAt(request).some((found) => checks.every((check) => check(found)));
}

/** A condition as its YAML has it, in one line: `instances.0.size above 10`. @param value that `readCondition` takes */
export function conditionText(value: unknown): string {
  const { path, ...tests } = isPlainObject(value) ? value : { path: value };
  const words = Object.entries(tests).map(([name, expected]) => `${name} ${JSON.stringify(expected)}`);
  return [String(path), words.join(' and ')].join(' ').trim();
}

function readTest(name: string, expected: unknown, key: string): (found: unknown) => boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (test === undefined)
    throw new Error(`Model config: unknown test ${key}; known are ${Object.keys(TESTS).join(', ')}`);
  if (!test.takes(expected)) throw new Error(`Model config: ${key} does not take ${valueText(expected)}`);
  return (found) => test.holds(found, expected);
}
