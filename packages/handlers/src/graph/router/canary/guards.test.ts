import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../../../test/helpers/random.ts';
import { brokenGuard, type Guards } from './guards.ts';
import { latencyClass, p99Of, slowerThan } from './latencies.ts';
import { added, NO_TALLY, type Tally } from './tally.ts';

const GUARDS: Guards = { maxErrorRate: 0.05, minRequests: 100 };

const tally = (more: Partial<Tally>): Tally => ({ ...NO_TALLY, ...more });
const took = (times: readonly number[]): Tally =>
  times.map((ms) => tally({ requests: 1, latencies: { [latencyClass(ms)]: 1 } })).reduce(added, NO_TALLY);
const times = (count: number, ms: number) => Array.from({ length: count }, () => ms);
const broken = (guards: Partial<Guards>, canary: Tally, stable: Tally = tally({ requests: 1000 })) =>
  brokenGuard({ ...GUARDS, ...guards }, { canary, stable });

describe('max_error_rate', () => {
  it.each([
    [5, 5, undefined],
    [6, 6, '6 of 6 requests failed: max_error_rate is 0.05'],
    [50, 1000, undefined],
    [51, 1000, '51 of 1000 requests failed: max_error_rate is 0.05'],
  ])('with %i failures of %i requests: %s', (failed, requests, reason) => {
    expect(broken({}, tally({ failed, requests }))).toBe(reason);
  });

  it('blames the canary for what clients do wrong only beyond what stable refuses', () => {
    const refusing = tally({ requests: 1000, refused: 200 });
    expect(broken({}, tally({ requests: 100, refused: 24 }), refusing)).toBeUndefined();
    expect(broken({}, tally({ requests: 100, refused: 26 }), refusing)).toMatch('6 of 100 requests failed');
    expect(broken({}, tally({ requests: 6, refused: 6 }))).toMatch('6 of 6 requests failed');
  });
});

it('max_error_rate_increase is held against stable', () => {
  const guards = { maxErrorRate: 1, maxErrorRateIncrease: 0.1 };
  const failing = tally({ requests: 1000, failed: 200 });
  expect(broken(guards, tally({ requests: 100, failed: 30 }), failing)).toBeUndefined();
  expect(broken(guards, tally({ requests: 100, failed: 31 }), failing)).toBe(
    '31 of 100 requests failed, and 200 of 1000 of stable: max_error_rate_increase is 0.1',
  );
});

describe('p99', () => {
  it('in milliseconds is broken when more than one of a hundred is slower', () => {
    const guards = { maxP99Ms: 50 };
    expect(broken(guards, took([...times(99, 1), 80]))).toBeUndefined();
    expect(broken(guards, took(times(1, 80)))).toBeUndefined();
    expect(broken(guards, took(times(2, 80)))).toMatch(/^p99 is 8\d\.\d ms: max_p99_ms is 50$/);
    expect(broken(guards, took(times(1000, 49)))).toBeUndefined();
  });

  it('as a factor is held against that of stable, when enough is known of it', () => {
    const guards = { maxP99Ratio: 2 };
    expect(broken(guards, took(times(100, 25)), took(times(99, 10)))).toBeUndefined();
    expect(broken(guards, took(times(100, 25)), took(times(100, 10)))).toMatch(/ of stable: max_p99_ratio is 2$/);
    expect(broken(guards, took(times(100, 18)), took(times(100, 10)))).toBeUndefined();
  });

  it.each([1, 2, 3])('is that of the times, to a class of five percent (seed %i)', (seed) => {
    const random = createRandom(seed);
    const all = Array.from({ length: 2000 }, () => 0.1 * 10 ** (4 * random.next()));
    const { latencies } = took(all);
    const sorted = all.toSorted((one, other) => one - other);
    const exact = sorted[Math.ceil(0.99 * all.length) - 1] ?? 0;
    const found = p99Of(latencies) ?? 0;
    expect(found / exact).toBeGreaterThanOrEqual(0.999);
    expect(found / exact).toBeLessThanOrEqual(1.051);
    expect(slowerThan(latencies, exact)).toBeLessThanOrEqual(all.length / 100);
    expect(p99Of({})).toBeUndefined();
  });
});
