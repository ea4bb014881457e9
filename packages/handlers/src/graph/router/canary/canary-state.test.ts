import { describe, expect, it } from 'vitest';
import { stateIn, withState } from './canary-documents.ts';
import { INITIAL, nextState, weightOf, type CanaryNews, type CanaryPlan, type CanaryState } from './canary-state.ts';
import { latencyClass } from './latencies.ts';
import { NO_TALLY, type Tally } from './tally.ts';

const PLAN: CanaryPlan = {
  steps: [
    { weight: 5, forMs: 10_000 },
    { weight: 50, forMs: 10_000 },
  ],
  guards: { maxErrorRate: 0.1, minRequests: 10 },
  hasGolden: false,
};

const good = (requests: number): Tally => ({ ...NO_TALLY, requests, latencies: { [latencyClass(1)]: requests } });
const failed = (requests: number): Tally => ({ ...NO_TALLY, requests, failed: requests });
const news = (now: number, canary: Tally = NO_TALLY, more: Partial<CanaryNews> = {}): CanaryNews => ({
  now,
  tallies: { stable: NO_TALLY, canary },
  problem: undefined,
  ...more,
});

/** All news one after the other. */
const run = (all: readonly CanaryNews[], plan = PLAN, from = INITIAL): CanaryState =>
  all.reduce((state, each) => nextState(state, plan, each), from);

/** Begun at 1000000, and a tick each second after. */
const started = run([news(1_000_000)]);
const seconds = (count: number, canary = NO_TALLY, from = 1_000_000) =>
  Array.from({ length: count }, (_, index) => news(from + 1000 * (index + 1), canary));

describe('a canary', () => {
  it('waits until it can serve', () => {
    const waiting = run([news(1, NO_TALLY, { problem: 'not there' }), news(2, NO_TALLY, { problem: 'not there' })]);
    expect([waiting.status, weightOf(waiting, PLAN)]).toEqual(['waiting', 0]);
    expect([started.status, weightOf(started, PLAN)]).toEqual(['running', 5]);
  });

  it('goes from step to step, and answers all in the end', () => {
    const second = run(seconds(10, good(1)), PLAN, started);
    expect([second.status, second.step, weightOf(second, PLAN)]).toEqual(['running', 1, 50]);
    expect(second.tallies.canary.requests).toBe(0);
    const last = run(seconds(10, good(1), 1_010_000), PLAN, second);
    expect([last.status, weightOf(last, PLAN)]).toEqual(['promoted', 100]);
    expect(last.moves.map(({ status, weight }) => [status, weight])).toEqual([
      ['running', 5],
      ['running', 50],
      ['promoted', 100],
    ]);
  });

  it('stays as long as too few requests came, or its time is not over', () => {
    expect(run(seconds(600), PLAN, started).step).toBe(0);
    expect(run(seconds(600, NO_TALLY).with(300, news(1_301_000, good(9))), PLAN, started).step).toBe(0);
    expect(run(seconds(9, good(100)), PLAN, started).step).toBe(0);
  });

  it.each([
    ['forward by a day', [news(1_000_000 + 86_400_000, good(100))], 5000],
    ['back by a day', [news(1_000_000 - 86_400_000, good(100)), news(1_001_000 - 86_400_000)], 1000],
    ['to nothing', [news(0, good(100)), news(1000)], 1000],
  ])('counts no time that has not passed: a clock that jumps %s', (_, jumps, heldMs) => {
    const state = run(jumps, PLAN, started);
    expect([state.status, state.step]).toEqual(['running', 0]);
    expect(state.heldMs).toBe(heldMs);
  });

  it('is rolled back at the first news of too many failures, before there are enough requests to go on', () => {
    expect(run([news(1_000_100, failed(1))], PLAN, started).status).toBe('running');
    const state = run([news(1_000_100, failed(2))], PLAN, started);
    expect([state.status, weightOf(state, PLAN)]).toEqual(['rolled_back', 0]);
    expect(state.moves.at(-1)?.reason).toBe('2 of 2 requests failed: max_error_rate is 0.1');
    expect(run(seconds(100, good(10), 1_000_100), PLAN, state)).toMatchObject({ status: 'rolled_back' });
  });

  it('is moved by hand, and begins again by hand', () => {
    const command = (each: CanaryNews['command'], from: CanaryState) =>
      run([news(1_000_001, NO_TALLY, { command: each })], PLAN, from);
    const paused = command('pause', started);
    expect(run(seconds(100, good(10)), PLAN, paused)).toMatchObject({ status: 'paused', step: 0, heldMs: 1 });
    expect(weightOf(paused, PLAN)).toBe(5);
    expect(run([news(1_001_000, failed(5))], PLAN, paused).status).toBe('rolled_back');
    expect(command('resume', paused).status).toBe('running');
    expect(command('promote', started).status).toBe('promoted');
    const aborted = command('abort', started);
    expect(aborted.status).toBe('rolled_back');
    expect(command('promote', aborted).status).toBe('rolled_back');
    expect(run([news(1_000_002)], PLAN, command('restart', aborted))).toMatchObject({ status: 'running', step: 0 });
  });
});

describe('golden requests', () => {
  const plan = { ...PLAN, hasGolden: true };
  const answered = (now: number, place: string, problem?: string) =>
    news(now, NO_TALLY, { golden: { place, problem } });

  it('come before each move forward', () => {
    expect(run([news(1)], plan).status).toBe('waiting');
    const first = run([answered(1, 'waiting 0')], plan);
    expect(weightOf(first, plan)).toBe(5);
    const over = run(seconds(20, good(1), 0), plan, first);
    expect(over.step).toBe(0);
    expect(run([answered(30_000, 'waiting 0')], plan, over).step).toBe(0);
    expect(run([answered(30_000, 'running 0')], plan, over).step).toBe(1);
  });

  it('that are not answered well roll it back', () => {
    const state = run([answered(1, 'waiting 0', 'golden request 1 of 1: wrong')], plan);
    expect(state.moves.at(-1)).toMatchObject({
      status: 'rolled_back',
      weight: 0,
      reason: 'golden request 1 of 1: wrong',
    });
  });
});

describe('its document', () => {
  it('has the state of each plan, the latest ones', () => {
    let document: unknown;
    for (let plan = 0; plan < 6; plan += 1) document = withState(document, `p${plan}`, { ...started, tickedAt: plan });
    expect(Object.keys(document as object).sort()).toEqual(['p2', 'p3', 'p4', 'p5']);
    expect(stateIn(document, 'p5').tickedAt).toBe(5);
  });

  it.each([undefined, null, 1, 'x', [], {}, { plan: 1 }])(
    'that is none is a canary that has not begun: %j',
    (document) => {
      expect(stateIn(document, 'plan')).toEqual(INITIAL);
    },
  );
});
