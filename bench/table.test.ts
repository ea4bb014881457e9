import { describe, expect, it } from 'vitest';
import type { ScenarioResult } from './result.ts';
import { summarize } from './statistics.ts';
import { renderTable } from './table.ts';

const RESULT: ScenarioResult = {
  name: 'tiny-batched',
  title: 'tiny model',
  limit: { label: 'bare node:http', metrics: { throughput: summarize([40_000, 50_000, 60_000]) } },
  marserve: { label: 'marserve', metrics: { throughput: summarize([9000, 10_000, 12_345]) } },
  verdicts: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.45, value: 0.2, isReached: false }],
};

const cells = (line: string | undefined) => line?.split('│').map((cell) => cell.trim());

describe('renderTable', () => {
  it('has medians, spread, ratio and goal of each scenario, and says what was not reached', () => {
    const [, head, , row] = renderTable([RESULT], { limit: 'limit', marserve: 'marserve' }).split('\n');
    expect(cells(head)).toEqual(['', 'scenario', 'measured', 'limit', 'marserve', 'compared', 'goal', '', '']);
    expect(cells(row)).toEqual([
      '',
      'tiny-batched',
      'throughput',
      '50k/s (40k … 60k)',
      '10k/s (9000 … 12.3k)',
      '0.2 ×',
      '≥ 0.45 ×',
      'NOT REACHED',
      '',
    ]);
  });

  it('names what was measured, and has no goal between two revisions', () => {
    const compared = { ...RESULT, verdicts: [{ metric: 'throughput', compare: 'ratio', value: 0.2 } as const] };
    const [, head, , row] = renderTable([compared], { limit: 'abc123', marserve: 'def456' }).split('\n');
    expect(cells(head)?.slice(3, 5)).toEqual(['abc123', 'def456']);
    expect(cells(row)?.slice(5, 8)).toEqual(['0.2 ×', '', '']);
  });
});
