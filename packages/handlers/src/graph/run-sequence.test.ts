import { describe, expect, it } from 'vitest';
import { GraphTrace } from './graph-trace.ts';
import type { GraphValue } from './graph-value.ts';
import { readGraph } from './read-graph.ts';
import { runStep } from './run-step.ts';
import { namesOfSteps } from './step-names.ts';
import { nodesOf } from './step.ts';

/** Each node appends its name to what it gets. */
async function run(sequence: unknown, request: string): Promise<unknown> {
  const step = readGraph({ sequence });
  const nodes = nodesOf(step).map((node) => {
    const ask = (value: GraphValue) =>
      node.name === 'broken'
        ? Promise.reject(new Error('it is broken'))
        : Promise.resolve({
            instances: (value as { instances: string[] }).instances.map((each) => `${each}${node.name}`),
          });
    return [node, { ask, problem: () => Promise.resolve(undefined) }] as const;
  });
  const answer = await runStep(
    step,
    { instances: [request] },
    {
      nodes: new Map(nodes),
      routers: new Map(),
      combiners: new Map(),
      request: { requestId: '1', headers: {} },
      call: {},
      endsAt: Infinity,
      trace: new GraphTrace({ names: namesOfSteps(step), metrics: { addCounter() {}, addHistogram() {} } as never }),
      onRoute: () => {},
    },
  );
  return (answer as { instances: unknown[] }).instances[0];
}

describe('a sequence', () => {
  it.each<[string, unknown, string]>([
    ['gives each step what the one before it gave', ['a', 'b', 'c'], '>abc'],
    ['gives a step the request, when it says so', ['a', { model: 'b', input: 'request' }, 'c'], '>bc'],
    [
      'ends where a condition is not met',
      ['a', { model: 'b', when: { path: 'instances.0', equals: '>b' } }, 'c'],
      '>a',
    ],
    ['goes on where it is met', ['a', { model: 'b', when: { path: 'instances.0', equals: '>a' } }, 'c'], '>abc'],
    ['misses nothing of a soft step', ['a', { model: 'broken', dependency: 'soft', input: 'request' }, 'c'], '>ac'],
  ])('%s', async (_, steps, answer) => {
    expect(await run(steps, '>')).toBe(answer);
  });

  it.each([
    [{ model: 'a', input: 'both' }, 'graph.sequence[0].input must be one of'],
    [{ model: 'a', when: '' }, 'graph.sequence[0].when must be a path'],
  ])('has no step such as %j', (step, problem) => {
    expect(() => readGraph({ sequence: [step] })).toThrow(problem);
  });

  it('alone has such steps', () => {
    expect(() => readGraph({ parallel: { a: { model: 'a', input: 'request' } } })).toThrow(
      'unknown key graph.parallel.a.input',
    );
  });
});
