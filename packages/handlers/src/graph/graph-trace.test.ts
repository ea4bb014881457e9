import { describe, expect, it } from 'vitest';
import { testHandler } from '../testing.ts';
import { Graph } from './graph.ts';
import { GraphTrace } from './graph-trace.ts';
import { readGraph } from './read-graph.ts';
import { lastOf, namesOfSteps } from './step-names.ts';
import { nodesOf } from './step.ts';

function traceOf(graph: unknown) {
  const root = readGraph(graph);
  const told: string[] = [];
  const tell = (name: string, value: number, { dimensions = {} } = {}) =>
    told.push(`${name} ${Object.values(dimensions).join(' ')} ${value}`);
  const metrics = { addCounter: tell, addHistogram: tell } as never;
  return { root, told, trace: new GraphTrace({ names: namesOfSteps(root), metrics }) };
}

describe('the trace of a request', () => {
  it('is told when the request is over, and what comes later at once', async () => {
    const { root, told, trace } = traceOf({ sequence: ['a', 'b'] });
    const [a, b] = nodesOf(root);
    if (a === undefined || b === undefined) throw new Error('no nodes');
    trace.went(undefined, root);
    trace.went(undefined, a);
    trace.asked({ step: a, ms: 250, failed: false });
    trace.happened('retries', a);
    trace.happened('retries', a);
    await Promise.resolve();
    expect(told).toEqual([]);
    trace.end();
    await Promise.resolve();
    const first = ['graph_node_seconds a answered 0.25', 'graph_edge_requests_total client a 1', 'graph_retries_total a 2']; // prettier-ignore
    expect(told).toEqual(first);
    trace.asked({ step: b, ms: 1, failed: true });
    trace.happened('fallbacks', b);
    trace.end();
    await Promise.resolve();
    expect(told).toEqual([...first, 'graph_node_seconds b failed 0.001', 'graph_fallbacks_total b 1']);
  });

  it('has the times of nodes, by names that a header can have, and no more than fit', () => {
    const { root, trace } = traceOf({ sequence: ['a', { model: 'b', name: 'größer, "b"; x' }] });
    const [a, b] = nodesOf(root);
    if (a === undefined || b === undefined) throw new Error('no nodes');
    expect(trace.serverTiming).toBeUndefined();
    trace.asked({ step: a, ms: 1.23456, failed: false });
    trace.asked({ step: b, ms: 2, failed: true });
    expect(trace.serverTiming).toBe('a;dur=1.235, gr__er___b___x;dur=2.000');
    for (let count = 0; count < 1000; count += 1) trace.asked({ step: a, ms: 1e6, failed: false });
    expect(trace.serverTiming?.length).toBeLessThan(4096);
  });
});

describe('the names of steps', () => {
  it('are each its own, whatever they are called', () => {
    const steps = ['a', 'client', 'a', { model: 'x', name: 'a-2' }, { parallel: { a: 'a', b: 'b' }, fallback: 'a' }];
    const names = namesOfSteps(readGraph({ sequence: steps }));
    expect([...names.values()]).toEqual(['sequence', 'a', 'client-2', 'a-2', 'a-2-2', 'parallel', 'a-3', 'b', 'a-4']);
  });

  it('know the last step of a sequence in a sequence', () => {
    expect(lastOf(readGraph({ sequence: ['a', { sequence: ['b', 'c'] }] })).name).toBe('c');
    expect(lastOf(readGraph({ parallel: ['a', 'b'] })).name).toBe('parallel');
  });
});

describe('a graph', () => {
  it('tells which ways a request took, and what failed', async () => {
    const graph = {
      sequence: [{ model: 'gone', dependency: 'soft', retries: 1 }, { switch: [{ when: 'instances', step: 'lost' }], fallback: 'late' }], // prettier-ignore
    };
    const { metrics } = await testHandler(Graph, [{ body: 1 }], { modelConfig: { graph } });
    const told = metrics.map(({ name, dimensions: { from, to, node, step } }) => [name, from ?? node ?? step, to]);
    expect(told.map((each) => each.filter(Boolean).join(' '))).toEqual([
      'graph_node_seconds gone',
      'graph_node_seconds gone',
      'graph_node_seconds lost',
      'graph_node_seconds late',
      'graph_edge_requests_total client gone',
      'graph_retries_total gone',
      'graph_soft_failures_total gone',
      'graph_edge_requests_total gone switch',
      'graph_edge_requests_total switch lost',
      'graph_fallbacks_total switch',
      'graph_edge_requests_total switch late',
    ]);
  });
});
