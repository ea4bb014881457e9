import { describe, expect, it } from 'vitest';
import { planGraph } from './graph-plan.ts';

const node = (name: string, of: object = {}) => ({ name, kind: 'node', model: name, isSoft: false, parts: [], ...of });

describe('the plan of a graph', () => {
  it('has its nodes, here and elsewhere', () => {
    const remote = { url: 'http://there:1', name: 'far' };
    const { kind, parts } = planGraph({ graph: { sequence: ['a/2.0', { model: 'a', dependency: 'soft', fallback: 'b' }, remote] } }); // prettier-ignore
    expect([kind, ...parts.map(({ step }) => step)]).toMatchObject([
      'sequence',
      node('a/2.0', { model: 'a', version: '2.0' }),
      node('a', { isSoft: true, fallback: node('b') }),
      { name: 'far', kind: 'node', url: 'http://there:1' },
    ]);
  });

  it('says when a case is taken, and what is the share of an arm', () => {
    const between = { path: 'instances.0.size', above: 1, below: 3 };
    const cases = [
      { when: 'instances.0', step: 'a' },
      { when: between, step: 'b' },
    ];
    expect(planGraph({ graph: { switch: cases, otherwise: 'a' } }).parts).toMatchObject([
      { condition: 'instances.0', step: node('a') },
      { condition: 'instances.0.size above 1 and below 3', step: node('b') },
      { condition: 'otherwise', step: node('a-2', { model: 'a' }) },
    ]);
    const router = { router: ['a', 'b'], policy: 'weighted', weights: { a: 3, b: 1 } };
    expect(planGraph({ graph: router })).toMatchObject({ how: 'weighted', parts: [{ share: 0.75 }, { share: 0.25 }] });
  });

  it('of no graph is an error', () => {
    expect(() => planGraph({})).toThrow(/needs the section graph/);
  });
});

it('an answer in parts is asked of another server alone, by a protocol that has such', () => {
  const read = (node: object) => () => planGraph({ graph: node });
  const there = { url: 'http://there:1', stream: true };
  expect(read({ ...there, protocol: 'torchserve' })).not.toThrow();
  expect(read({ model: 'here', stream: true })).toThrow('graph.stream is for a server elsewhere');
  expect(read(there)).toThrow('graph.protocol must be one of v2, grpc-v2, torchserve, grpc-torchserve');
  expect(read({ ...there, stream: 'yes' })).toThrow('graph.stream must be true or false');
});
