import { describe, expect, it } from 'vitest';
import type { HandlerSeries } from '../metrics.ts';
import { GraphFigures } from './graph-figures.ts';

const sample = (name: string, value: number, dimensions: Record<string, string>): HandlerSeries => ({
  name,
  kind: 'counter',
  values: [value],
  unit: 'count',
  dimensions: { ModelName: 'm', ...dimensions },
});
const asked = (ms: number, outcome = 'answered') => sample('graph_node_seconds', ms / 1000, { node: 'a', outcome });
const went = (from: string, to: string) => sample('graph_edge_requests_total', 1, { from, to });

describe('the figures of a graph', () => {
  it('have the rate, the failures and the quantiles of a node in the last minute', () => {
    const figures = new GraphFigures(0);
    for (let count = 1; count <= 200; count += 1) figures.record([asked(count <= 100 ? 10 : 20)], 1000 + count);
    figures.record([asked(3000, 'failed'), asked(3000), asked(3000)], 1500);
    const { requests, failures, perSecond, recentFailures, p50Ms, p99Ms } = figures.node('a', 20_300);
    expect([requests, failures, recentFailures, perSecond]).toEqual([203, 1, 1, 10]);
    expect(Math.abs((p50Ms ?? 0) / 20 - 1)).toBeLessThan(0.1);
    expect(Math.abs((p99Ms ?? 0) / 3000 - 1)).toBeLessThan(0.1);
  });

  it('forget what is older than a minute, but for the sums', () => {
    const figures = new GraphFigures(0);
    figures.record([asked(10), went('client', 'a')], 1000);
    expect(figures.edge('client', 'a', 31_000)).toEqual({ requests: 1, perSecond: 1 / 31 });
    expect(figures.node('a', 59_000).p50Ms).toBeDefined();
    expect(figures.node('a', 200_000)).toMatchObject({ requests: 1, perSecond: 0, recentFailures: 0 });
    expect(figures.node('a', 200_000).p50Ms).toBeUndefined();
    expect(figures.edge('client', 'a', 200_000)).toEqual({ requests: 1, perSecond: 0 });
  });

  it('hold any quantile within a tenth, from a hundredth of a millisecond to a minute', () => {
    for (let ms = 0.02; ms < 60_000; ms *= 1.37) {
      const figures = new GraphFigures(0);
      figures.record([asked(ms)], 1);
      expect(Math.abs((figures.node('a', 2).p99Ms ?? 0) / ms - 1)).toBeLessThan(0.1);
    }
  });

  it('count what becomes of steps, and know whether nodes are ready', () => {
    const figures = new GraphFigures(0);
    expect([figures.step('a'), figures.node('a', 1)]).toMatchObject([
      { retries: 0, fallbacks: 0, softFailures: 0 },
      { requests: 0 },
    ]);
    const events = ['graph_retries_total', 'graph_retries_total', 'graph_fallbacks_total', 'graph_soft_failures_total'];
    figures.record(events.map((name) => sample(name, 1, { step: 'a' })));
    expect(figures.step('a')).toEqual({ retries: 2, fallbacks: 1, softFailures: 1 });
    figures.record([sample('graph_node_ready', 0, { node: 'a' })]);
    expect(figures.node('a').isReady).toBe(false);
    figures.record([sample('graph_node_ready', 1, { node: 'a' })]);
    expect(figures.node('a').isReady).toBe(true);
  });

  it('are bounded, whatever names a handler invents', () => {
    const figures = new GraphFigures(0);
    for (let count = 0; count < 3000; count += 1) figures.record([went('x', String(count)), asked(1)], 1);
    expect([figures.edge('x', '999', 2).requests, figures.edge('x', '1000', 2).requests]).toEqual([1, 0]);
    expect(figures.node('a', 2).requests).toBe(3000);
  });
});
