/** The options of a canary, as its step has them. */
import { createHash } from 'node:crypto';
import { configError, integer, isPlainObject, listOf, objectOf, oneOf, string } from '../../../model-config.ts';
import { numberWithin, optionReader } from '../option-reader.ts';
import type { RouterPlace } from '../router-policy.ts';
import { readSticky, type UserKey } from '../sticky.ts';
import type { CanaryPlan, CanaryStep } from './canary-state.ts';
import type { GoldenCase } from './golden.ts';

/** A canary. */
export interface CanaryConfig extends CanaryPlan {
  /** Of the router. */
  readonly name: string;
  /** Names the plan: another one begins anew. */
  readonly planId: string;
  /** Whether stable answers what the canary cannot. */
  readonly isRescued: boolean;
  /** Longest time of the canary, in milliseconds; undefined where that of stable decides. */
  readonly timeoutMs: number | undefined;
  /** What names a user. */
  readonly userKey: UserKey;
  /** For chance that comes again. */
  readonly seed: number | undefined;
  /** Requests with their answers, or the file that has them; undefined for none. */
  readonly golden: readonly GoldenCase[] | string | undefined;
  /** Numbers of answers to golden requests may differ by so much, and by so much of the larger one. */
  readonly tolerance: number;
}

/** Keys of its step. */
export const CANARY_KEYS = [
  'steps',
  'guards',
  'golden',
  'tolerance',
  'on_error',
  'canary_timeout_ms',
  'sticky',
  'seed',
];

/** The arm that answers as long as nothing is known of the other. */
export const STABLE = 'stable';
/** The one that is tried. */
export const CANARY = 'canary';

type Fields = Readonly<Record<string, unknown>>;

/** @throws Error for a wrong option, with its place */
export function readCanary(fields: Fields, { key, name, arms }: RouterPlace): CanaryConfig {
  if ([...arms].sort().join() !== [CANARY, STABLE].join()) {
    throw configError(`${key}.router`, 'the arms stable and canary', arms.join(', '));
  }
  const { [STABLE]: stable, [CANARY]: canary } = fields['router'] as Fields;
  if (JSON.stringify(stable) === JSON.stringify(canary)) {
    throw new Error(`Model config: ${key}.router has the same as stable and as canary: there is nothing to try`);
  }
  const option = optionReader(fields, key);
  const golden = option('golden', readGolden);
  return {
    name,
    planId: createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 16),
    steps: option('steps', readSteps) ?? DEFAULT_STEPS,
    guards: readGuards(fields['guards'] ?? {}, `${key}.guards`),
    hasGolden: golden !== undefined,
    golden,
    tolerance: option('tolerance', numberWithin(0)) ?? 1e-6,
    isRescued: (option('on_error', oneOf('stable', 'fail')) ?? 'stable') === 'stable',
    timeoutMs: option('canary_timeout_ms', integer(1)),
    userKey: readSticky(fields['sticky'], `${key}.sticky`),
    seed: option('seed', integer(0)),
  };
}

const DEFAULT_STEPS: readonly CanaryStep[] = [5, 25, 50].map((weight) => ({ weight, forMs: 60_000 }));

function readSteps(value: unknown, key: string): CanaryStep[] {
  const steps = listOf(objectOf({ weight: numberWithin(0, 100), for_s: numberWithin(0) }))(value, key);
  return steps.map(({ weight, for_s: seconds = 60 }, index) => {
    const least = steps[index - 1]?.weight ?? 0;
    if (weight !== undefined && weight > least) return { weight, forMs: seconds * 1000 };
    throw configError(`${key}[${index}].weight`, `a number above ${least}, to 100`, weight);
  });
}

function readGuards(value: unknown, key: string): CanaryPlan['guards'] {
  const guards = objectOf({
    max_error_rate: numberWithin(0, 1),
    max_error_rate_increase: numberWithin(0, 1),
    max_p99_ms: numberWithin(0),
    max_p99_ratio: numberWithin(0),
    min_requests: integer(0),
  })(value, key);
  return {
    maxErrorRate: guards.max_error_rate ?? 0.05,
    maxErrorRateIncrease: guards.max_error_rate_increase,
    maxP99Ms: guards.max_p99_ms,
    maxP99Ratio: guards.max_p99_ratio,
    minRequests: guards.min_requests ?? 100,
  };
}

function readGolden(value: unknown, key: string): readonly GoldenCase[] | string {
  return typeof value === 'string' ? string(value, key) : listOf(readGoldenCase)(value, key);
}

/** @throws Error for what is none, with its place */
export function readGoldenCase(value: unknown, key: string): GoldenCase {
  const { request, expect } = objectOf({ request: readRequest, expect: readAnswer })(value, key);
  if (request === undefined) throw configError(key, 'an object with request, and expect', value);
  return { request: { instances: request }, expect };
}

function readRequest(value: unknown, key: string): readonly unknown[] {
  if (isPlainObject(value) && Array.isArray(value['instances'])) return value['instances'];
  throw configError(key, 'an object with the list instances', value);
}

function readAnswer(value: unknown, key: string): readonly unknown[] {
  if (isPlainObject(value) && Array.isArray(value['predictions'])) return value['predictions'];
  throw configError(key, 'an object with the list predictions', value);
}
