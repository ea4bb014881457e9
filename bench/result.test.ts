import { describe, expect, it } from 'vitest';
import { betweenRevisions } from './comparison.ts';
import { evaluate } from './result.ts';
import type { Goal, Scenario } from './scenario.ts';

const probe = async () => async () => ({});

function scenario(...goals: Goal[]): Scenario {
  const [limit, marserve] = ['node', 'marserve'].map((label) => ({ label, start: probe }));
  return { name: 'some', title: 'something', limit: limit!, marserve: marserve!, goals };
}

const throughput = (...values: number[]) => values.map((value) => ({ throughput: value }));

describe('evaluate', () => {
  it('compares the medians', () => {
    const samples = { limit: throughput(100, 400, 200), marserve: throughput(50, 120, 100) };
    const goal = { metric: 'throughput', compare: 'ratio', atLeast: 0.45 } as const;
    const { verdicts, limit } = evaluate(scenario(goal), samples);
    expect(verdicts).toEqual([{ ...goal, value: 0.5, isReached: true }]);
    expect(limit.metrics.throughput).toMatchObject({ median: 200, min: 100, max: 400 });
  });

  it.each<[Goal, number, boolean]>([
    [{ metric: 'throughput', compare: 'ratio', atLeast: 0.51 }, 0.5, false],
    [{ metric: 'throughput', compare: 'difference', atMost: -100 }, -100, true],
    [{ metric: 'throughput', compare: 'value', atMost: 99 }, 100, false],
  ])('%j is %d: %s', (goal, value, isReached) => {
    const samples = { limit: throughput(200), marserve: throughput(100) };
    expect(evaluate(scenario(goal), samples).verdicts).toEqual([{ ...goal, value, isReached }]);
  });

  it('has no goals between two revisions', () => {
    const compared = betweenRevisions(scenario({ metric: 'throughput', compare: 'value', atMost: 1 }), {
      limit: 'old',
      marserve: 'new',
    });
    const { limit, verdicts } = evaluate(compared, { limit: throughput(100), marserve: throughput(150) });
    expect(limit.label).toBe('old');
    expect(verdicts).toEqual([{ metric: 'throughput', compare: 'ratio', value: 1.5 }]);
  });

  it('refuses a goal whose metric was not measured', () => {
    const samples = { limit: throughput(1), marserve: throughput(1) };
    expect(() => evaluate(scenario({ metric: 'p99', compare: 'ratio', atMost: 2 }), samples)).toThrow(
      'no p99 measured',
    );
  });
});
