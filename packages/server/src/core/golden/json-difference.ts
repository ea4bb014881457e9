/** Finds the first place at which two JSON values differ, where numbers may be a little off. */

/** Values that are nested deeper are no answers, and comparing them would use up the stack. */
const MAX_DEPTH = 100;
/** Characters of a text or a key that are shown. */
const SHOWN = 100;

/** How far the numbers of an answer may be off. */
export interface Tolerance {
  /** Alone: |actual - expected| ≤ absolute × max(1, |expected|). */
  readonly absolute: number;
  /** With it: |actual - expected| ≤ absolute + relative × |expected|, so that small numbers are held to their own size. */
  readonly relative?: number;
}

/**
 * Says where `actual` differs from `expected`, as `$.scores[1] is 0.4, expected 0.5`. The order of keys does not count.
 * @param expected of `parseJson`, so that its long integers are bigint
 * @returns undefined when they are the same
 */
export function jsonDifference(expected: unknown, actual: unknown, tolerance: Tolerance): string | undefined {
  const found = difference(expected, actual, { tolerance, depth: 0 });
  return found && `${['$', ...found.path].join('')} ${found.problem}`;
}

interface Difference {
  /** As they are written: `.scores`, `[1]`. */
  readonly path: readonly string[];
  readonly problem: string;
}

interface Rules {
  readonly tolerance: Tolerance;
  readonly depth: number;
}

function difference(expected: unknown, actual: unknown, rules: Rules): Difference | undefined {
  if (isNumber(expected) && isNumber(actual)) return numberDifference(expected, actual, rules);
  if (rules.depth > MAX_DEPTH) return here(`is nested deeper than ${MAX_DEPTH} levels`);
  const inside = { ...rules, depth: rules.depth + 1 };
  if (Array.isArray(expected) && Array.isArray(actual)) return arrayDifference(expected, actual, inside);
  if (isObject(expected) && isObject(actual)) return objectDifference(expected, actual, inside);
  return expected === actual ? undefined : here(`is ${shown(actual)}, expected ${shown(expected)}`);
}

function numberDifference(
  expected: number | bigint,
  actual: number | bigint,
  { tolerance }: Rules,
): Difference | undefined {
  if (exact(expected) === exact(actual)) return undefined;
  if (isNear(Number(expected), Number(actual), tolerance)) return undefined;
  return here(`is ${actual}, expected ${expected}${toleranceText(tolerance)}`);
}

/** One form for 1e20 and the integer with twenty zeros. */
function exact(value: number | bigint): number | bigint {
  return Number.isInteger(value) ? BigInt(value) : value;
}

/** JSON such as 1e999 is parsed to Infinity, to which every number would be near. */
function isNear(expected: number, actual: number, { absolute, relative }: Tolerance): boolean {
  const size = Math.abs(expected);
  const allowed = relative === undefined ? absolute * Math.max(1, size) : absolute + relative * size;
  // Nothing allowed: what is not exactly the same has been found to differ, long integers too.
  return allowed > 0 && Number.isFinite(expected) && Math.abs(actual - expected) <= allowed;
}

function toleranceText({ absolute, relative }: Tolerance): string {
  if (relative !== undefined) return ` (tolerance ${absolute}, relative tolerance ${relative})`;
  return absolute === 0 ? '' : ` (tolerance ${absolute})`;
}

function arrayDifference(
  expected: readonly unknown[],
  actual: readonly unknown[],
  rules: Rules,
): Difference | undefined {
  if (expected.length !== actual.length) return here(`has ${actual.length} elements, expected ${expected.length}`);
  for (let index = 0; index < expected.length; index += 1) {
    const found = difference(expected[index], actual[index], rules);
    if (found !== undefined) return below(`[${index}]`, found);
  }
  return undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

function objectDifference(expected: JsonObject, actual: JsonObject, rules: Rules): Difference | undefined {
  for (const [key, value] of Object.entries(expected)) {
    const found = Object.hasOwn(actual, key)
      ? difference(value, actual[key], rules)
      : here(`is missing, expected ${shown(value)}`);
    if (found !== undefined) return below(step(key), found);
  }
  const extra = Object.keys(actual).find((key) => !Object.hasOwn(expected, key));
  return extra === undefined ? undefined : below(step(extra), here(`is ${shown(actual[extra])}, expected no such key`));
}

function step(key: string): string {
  return /^[A-Za-z_$][\w$]{0,99}$/.test(key) ? `.${key}` : `[${shown(key)}]`;
}

function here(problem: string): Difference {
  return { path: [], problem };
}

function below(step: string, { path, problem }: Difference): Difference {
  return { path: [step, ...path], problem };
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (isObject(value)) return 'an object';
  if (typeof value !== 'string') return String(value);
  return value.length <= SHOWN ? JSON.stringify(value) : `${JSON.stringify(value.slice(0, SHOWN))}…`;
}
