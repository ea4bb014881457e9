import { describe, expect, it } from 'vitest';
import { modelNeeds } from './model-needs.ts';

const told = (graph: unknown) =>
  modelNeeds('graph', { graph }).map(
    ({ name, version, isHard }) => `${name}${version ? `/${version}` : ''}${isHard ? '!' : ''}`,
  );

describe('what a graph needs', () => {
  it('is all models of the server in it, wherever they stand', () => {
    expect(told('a')).toEqual(['a!']);
    expect(told({ sequence: ['a/2', { model: 'b', version: 1.5 }] })).toEqual(['a/2!', 'b/1.5!']);
    expect(told({ parallel: ['a', { model: 'b', dependency: 'soft' }] })).toEqual(['a!', 'b']);
    expect(told({ model: 'a', fallback: { model: 'b', fallback: 'c' } })).toEqual(['a', 'b', 'c']);
    expect(told({ switch: [{ when: 'x', step: 'a' }], otherwise: { sequence: ['b'] } })).toEqual(['a', 'b']);
    expect(told({ sequence: ['a', { parallel: ['b'], dependency: 'soft' }] })).toEqual(['a!', 'b']);
  });

  it('is of the arms of a router hard where all of them have it', () => {
    const arms = (router: unknown) => told({ router, policy: 'weighted' });
    expect(arms({ a: 'a', b: 'b' })).toEqual(['a', 'b']);
    expect(arms({ a: { sequence: ['a', 'c'] }, b: 'c' })).toEqual(['a', 'c!']);
  });

  it('has each model once, hard where it is anywhere', () => {
    expect(told({ sequence: [{ model: 'a', dependency: 'soft' }, 'a', { model: 'a', fallback: 'b' }] })).toEqual([
      'a!',
      'b',
    ]);
    expect(told({ sequence: ['a', 'a/1'] })).toEqual(['a!', 'a/1!']);
  });

  it('has none of another server', () => {
    expect(told({ sequence: [{ url: 'http://host:1', model: 'a' }, 'b'] })).toEqual(['b!']);
  });

  it('is not known of a graph that is none', () => {
    expect(() => told({ sequence: [] })).toThrow('graph.sequence');
    expect(() => told('a/b/c')).toThrow('MODEL or MODEL/VERSION');
    expect(() => told('/1')).toThrow('MODEL or MODEL/VERSION');
  });
});

describe('what another model needs', () => {
  it('is its predictor, where that is of the same server', () => {
    expect(modelNeeds('prepare.mjs', { predictor_host: 'local:p/1' })).toEqual([
      { name: 'p', version: '1', isHard: true },
    ]);
    expect(modelNeeds('prepare.mjs', { predictor_host: 'host:1' })).toEqual([]);
    expect(modelNeeds('prepare.mjs', { graph: 'a' })).toEqual([]);
    expect(() => modelNeeds('prepare.mjs', { predictor_host: 'local:' })).toThrow('local:MODEL');
  });
});

it('a workflow needs all of its models', () => {
  const nodes = [
    { name: 'pre' },
    { name: 'a', model: 'w__a', parents: ['pre'] },
    { name: 'b', model: 'w__a', parents: ['a'] },
  ];
  const config = { workflow: { handler: 'own.mjs', nodes } };
  expect(modelNeeds('workflow', config)).toEqual([{ name: 'w__a', isHard: true }]);
});

it('a graph of Seldon needs the models of all its units', () => {
  const child = (name: string) => ({ name, type: 'MODEL' });
  const seldonGraph = {
    name: 'c',
    implementation: 'AVERAGE_COMBINER',
    children: [child('a'), child('b'), child('d')],
    components: { b: 'a', d: 'e/2.0' },
  };
  expect(modelNeeds('seldon_graph', { seldon_graph: seldonGraph })).toEqual([
    { name: 'a', isHard: true },
    { name: 'e', version: '2.0', isHard: true },
  ]);
  expect(() => modelNeeds('seldon_graph', {})).toThrow('seldon_graph must be a graph of Seldon');
});
