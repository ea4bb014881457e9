import { describe, expect, it } from 'vitest';
import { planGraph, type PlannedStep } from '../../graph/graph-plan.ts';
import { graph, graphOf, unit } from '../../test-support/seldon-graphs.ts';

const MODEL = { type: 'MODEL' };

/** Such as `router(a, b)`, and `[a, b]` for one after the other. */
function shown({ kind, name, how, model, parts }: PlannedStep): string {
  const inner = parts.map(({ step }) => shown(step)).join(', ');
  if (kind === 'sequence') return `[${inner}]`;
  return kind === 'node' || kind === 'module' ? `${name}=${model ?? how}` : `${kind} ${name}=${how}(${inner})`;
}

const plan = (section: object) => shown(planGraph({ seldon_graph: section }, 'seldon_graph'));

describe('a graph of Seldon, for those who look at it', () => {
  it('has units in the order in which a request comes to them', () => {
    const chain = unit('post', { type: 'OUTPUT_TRANSFORMER' }, unit('pre', { type: 'TRANSFORMER' }, unit('m', MODEL)));
    expect(plan(graph(chain))).toBe('[[pre=step, m=step], post=step]');
    expect(plan(graph(unit('u', { type: 'UNKNOWN_TYPE' }, unit('m', MODEL))))).toBe('[m=step]');
  });

  it('parts at routers, and where there is no choice', () => {
    const two = [unit('a', MODEL), unit('b', { implementation: 'SIMPLE_MODEL' })];
    expect(plan(graph(unit('r', { type: 'ROUTER' }, ...two)))).toBe('router r=step(a=step, b=SIMPLE_MODEL)');
    expect(plan(graph(unit('r', { implementation: 'RANDOM_ABTEST' }, ...two)))).toMatch(/^router r=RANDOM_ABTEST/);
    expect(plan(graph(unit('c', { type: 'COMBINER' }, ...two)))).toMatch(/^parallel c=step/);
    expect(plan(graph(unit('u', { type: 'UNKNOWN_TYPE' }, ...two)))).toMatch(/^parallel u=first/);
  });

  it('counts the ways that are planned', async () => {
    const root = unit(
      'post',
      { type: 'OUTPUT_TRANSFORMER' },
      unit('pre', { type: 'TRANSFORMER' }, unit('c', { type: 'COMBINER' }, unit('a', MODEL), unit('b', MODEL))),
    );
    const { call, metrics } = await graphOf(graph(root));
    await call({ strData: 'x' });
    const ways = metrics.filter(({ name }) => name === 'graph_edge_requests_total');
    expect(ways.map(({ dimensions: { from, to } }) => `${from} ${to}`)).toEqual([
      'client pre',
      'pre c',
      'c a',
      'c b',
      'c post',
      'post client',
    ]);
  });
});
