import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { SOME_MACHINE } from '../some-machine.ts';
import type { Report } from '../report-file.ts';
import { summarize } from '../statistics.ts';
import { FULL } from '../timing.ts';
import { drawReport } from './draw-report.ts';

const THROUGHPUT = {
  throughput: summarize([1000, 2000]),
  p50: summarize([1]),
  p90: summarize([2]),
  p99: summarize([9]),
};

const REPORT: Report = {
  machine: SOME_MACHINE,
  timing: FULL,
  sides: { limit: 'limit', marserve: 'marserve' },
  results: [
    {
      name: 'some',
      title: 'batches of < 32',
      limit: { label: 'bare node:http', metrics: THROUGHPUT },
      marserve: { label: 'marserve', metrics: THROUGHPUT },
      verdicts: [{ metric: 'throughput', compare: 'ratio', atLeast: 0.5, value: 1, isReached: true }],
    },
  ],
  failures: [{ name: 'other', message: 'no answer\nat all' }],
};

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]);

describe('drawReport', () => {
  it('says what was measured, on which machine, and whether the goal was reached', () => {
    const shown = texts(drawReport(REPORT));
    expect(shown).toContain('batches of &lt; 32');
    expect(shown).toContain('1 × · goal ≥ 0.5 × reached ✓');
    expect(shown.find((each) => each?.includes('Some'))).toContain('Some &lt;CPU&gt; &amp; more, 2 cores, 8 GiB');
    expect(shown).toEqual(expect.arrayContaining(['p50', 'p90', 'p99', '1500/s', 'other failed: no answer']));
  });

  it('is an image that programs can open', async () => {
    const { width, height } = await sharp(Buffer.from(drawReport(REPORT))).metadata();
    expect(width).toBe(960);
    expect(height).toBeGreaterThan(200);
  });

  it('draws what came out as nothing at all', async () => {
    const zero = { metrics: { growth: summarize([0]) } };
    const [result] = REPORT.results;
    const verdict = { metric: 'growth', compare: 'ratio', value: 1 } as const;
    const empty = {
      ...result!,
      limit: { label: 'a', ...zero },
      marserve: { label: 'b', ...zero },
      verdicts: [verdict],
    };
    expect(drawReport({ ...REPORT, results: [empty] })).not.toContain('NaN');
  });
});
