import { describe, expect, it } from 'vitest';
import { readSeldonGraph } from './read-seldon-graph.ts';
import { unitsOf } from './seldon-unit.ts';

const KEY = 'seldon_graph';
const read = (section: unknown) => readSeldonGraph(section, KEY);
const unit = (name: string, type: string, ...children: readonly object[]) => ({ name, type, children });

describe('a graph of Seldon', () => {
  it('is a unit with its children, each a model of its name or as the table says', () => {
    const { root, warnings } = read({
      ...unit('r', 'ROUTER', unit('a', 'MODEL'), {
        name: 'b',
        methods: ['TRANSFORM_OUTPUT'],
        children: unit('c', 'COMBINER'),
      }),
      components: { a: 'other', b: 'third/2.0' },
    });
    const seen = unitsOf(root).map(({ name, place, methods }) => [name, place, [...methods]]);
    expect(seen).toEqual([
      ['r', { kind: 'model', model: { name: 'r' } }, ['route', 'send-feedback']],
      ['a', { kind: 'model', model: { name: 'other' } }, ['predict', 'send-feedback']],
      ['b', { kind: 'model', model: { name: 'third', version: '2.0' } }, ['transform-output']],
      ['c', { kind: 'model', model: { name: 'c' } }, ['aggregate']],
    ]);
    expect(warnings).toEqual([]);
  });

  it('may be in its predictor, which knows images', () => {
    const graph = read({
      name: 'p',
      replicas: 2,
      graph: { ...unit('a', 'MODEL'), modelUri: 's3://x' },
      componentSpecs: [{ spec: { containers: [{ name: 'a', image: 'i:1' }] } }],
      svcOrchSpec: { env: [{ name: 'SELDON_ENABLE_ROUTING_INJECTION', value: 'true' }] },
    });
    expect([graph.name, graph.root.image, graph.tellsAllRoutes]).toEqual(['p', 'i:1', true]);
    expect(graph.warnings).toEqual([
      'seldon_graph.replicas counts for nothing here',
      'seldon_graph.graph.modelUri counts for nothing here',
    ]);
  });

  it('has the bandits that Seldon has as images', () => {
    const graph = unit('eg-router', 'ROUTER', unit('a', 'MODEL'), unit('b', 'MODEL'));
    const place = (image: string, components = {}) =>
      read({ graph, components, componentSpecs: [{ spec: { containers: [{ name: 'eg-router', image }] } }] }).root
        .place;
    expect(place('seldonio/mab_epsilon_greedy:1.18.2')).toEqual({ kind: 'built-in', name: 'EpsilonGreedy' });
    expect(place('host:5000/mab_thompson_sampling')).toEqual({ kind: 'built-in', name: 'ThompsonSampling' });
    const model = { kind: 'model', model: { name: 'eg-router' } };
    expect(place('seldonio/mab_epsilon_greedy_x:1')).toEqual(model);
    expect(place('seldonio/mab_epsilon_greedy:1', { 'eg-router': 'eg-router' })).toEqual(model);
  });

  it('has units elsewhere where their endpoints say so', () => {
    const place = (endpoint: object) => read({ ...unit('a', 'MODEL'), endpoint }).root.place;
    expect(place({ type: 'GRPC' })).toMatchObject({ kind: 'model' });
    expect(place({ service_host: 'h', type: 'REST' })).toEqual({ kind: 'remote', url: 'http://h:9000' });
    expect(place({ service_host: 'h', service_port: 1 })).toEqual({ kind: 'remote', url: 'http://h:1' });
    expect(place({ service_host: '::1', httpPort: 2 })).toEqual({ kind: 'remote', url: 'http://[::1]:2' });
    expect(place({ service_host: 'h', type: 'GRPC' })).toEqual({ kind: 'remote', url: 'grpc://h:5000' });
    const ports = { service_port: 1, httpPort: 2, grpcPort: 3 };
    expect(place({ service_host: 'h', type: 'GRPC', ...ports })).toEqual({ kind: 'remote', url: 'grpc://h:3' });
    const graph = { ...unit('a', 'MODEL'), endpoint: { service_host: 'localhost', service_port: 9000 } };
    const componentSpecs = [{ spec: { containers: [{ name: 'a', image: 'i:1' }] } }];
    expect(read({ graph, componentSpecs }).root.place).toEqual({ kind: 'model', model: { name: 'a' } });
    expect(read({ ...graph, implementation: 'SIMPLE_MODEL' }).root.place).toMatchObject({ kind: 'built-in' });
    expect(read({ ...graph, components: { a: 'b' } }).root.place).toEqual({ kind: 'model', model: { name: 'b' } });
  });

  it('leaves units elsewhere their own parameters', () => {
    const endpoint = { service_host: 'h' };
    const parameters = [{ name: 'a', value: '1', type: 'INT' }];
    expect(read({ ...unit('a', 'MODEL'), endpoint, parameters }).warnings).toEqual([
      'seldon_graph.parameters are for the component at http://h:9000, which has its own',
    ]);
  });

  it('has models for prepackaged servers', () => {
    const parameters = [{ name: 'method', value: 'predict', type: 'STRING' }];
    const { root, warnings } = read({ name: 'a', implementation: 'SKLEARN_SERVER', modelUri: 'gs://x', parameters });
    expect([...root.methods]).toEqual(['predict', 'send-feedback']);
    expect(warnings.at(-1)).toBe('seldon_graph.parameters are for SKLEARN_SERVER; the model "a" has its own');
  });
});

describe('what is no graph', () => {
  const abTest = { name: 'r', implementation: 'RANDOM_ABTEST', children: [unit('a', 'MODEL'), unit('b', 'MODEL')] };
  const parameter = (value: string) => ({ ...abTest, parameters: [{ name: 'ratioA', value, type: 'FLOAT' }] });
  it.each([
    ['nothing', undefined, 'seldon_graph must be a graph of Seldon'],
    ['no name', { type: 'MODEL' }, 'seldon_graph.name must be a text'],
    ['no type', { name: 'a' }, 'seldon_graph.type must be one of UNKNOWN_TYPE, MODEL'],
    ['an odd type', unit('a', 'TRANSLATOR'), 'seldon_graph.type must be one of'],
    ['an odd method', { name: 'a', methods: ['PREDICT'] }, 'seldon_graph.methods[0] must be one of TRANSFORM_INPUT'],
    ['an unknown key', { ...unit('a', 'MODEL'), kind: 1 }, 'unknown key seldon_graph.kind; known are name, type'],
    ['an unknown key of a predictor', { graph: unit('a', 'MODEL'), weight: 1 }, 'unknown key seldon_graph.weight'],
    ['an odd child', { graph: { ...unit('a', 'MODEL'), children: ['b'] } }, 'graph.children[0] must be a unit'],
    ['a unit twice', unit('a', 'MODEL', unit('a', 'MODEL')), 'has two units "a"'],
    ['an odd implementation', { name: 'a', implementation: 'X' }, 'implementation must be one of SIMPLE_MODEL'],
    [
      'an odd transport',
      { ...unit('a', 'MODEL'), endpoint: { service_host: 'h', type: 'SOAP' } },
      'seldon_graph.endpoint.type must be one of REST, GRPC',
    ],
    [
      'an odd port',
      { ...unit('a', 'MODEL'), endpoint: { service_host: 'h', service_port: 'x' } },
      'endpoint.service_port must be an integer',
    ],
    ['an A/B test of one', { ...abTest, children: [unit('a', 'MODEL')] }, 'an A/B test has two children, got 1'],
    ['a parameter of another type', parameter('x'), 'seldon_graph.parameters: parameter "ratioA": expected FLOAT'],
    ['an odd parameter', parameter('2'), 'ratioA: expected a number from 0 to 1, got 2'],
    ['a component of nobody', { ...unit('a', 'MODEL'), components: { b: 'c' } }, 'components.b: there is no such unit'],
    ['a model that is none', { ...unit('a', 'MODEL'), components: { a: 'b/1/2' } }, 'a model, or MODEL/VERSION'],
  ])('is refused with the place: %s', (_, section, message) => {
    expect(() => read(section)).toThrow(message);
  });

  it('is refused where it is too deep', () => {
    let deep = unit('u', 'MODEL');
    for (let depth = 0; depth < 100; depth += 1) deep = unit(`u${depth}`, 'MODEL', deep);
    expect(() => read(deep)).toThrow('nested too deep');
  });
});
