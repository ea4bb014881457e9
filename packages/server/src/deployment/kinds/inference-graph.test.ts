import { describe, expect, it } from 'vitest';
import { plan } from '../../test-support/deployment-plans.ts';

describe('an InferenceGraph', () => {
  const GRAPH =
    'apiVersion: serving.kserve.io/v1alpha1\nkind: InferenceGraph\nmetadata: { name: dogs }\nspec:\n  nodes:\n';
  const graphOf = (nodes: string) => plan(GRAPH + nodes).models[0]?.config?.['graph'];

  it('is a sequence, whose steps take the request or the answer, and may have conditions', () => {
    const nodes = `    root:
      routerType: Sequence
      steps:
        - { serviceName: cats, name: first }
        - { serviceName: dogs, data: $response, condition: '[@this].#(target=="1")', dependency: Hard }
        - { serviceUrl: "http://other.host:8080/v2/models/breeds/infer" }
`;
    expect(graphOf(nodes)).toEqual({
      name: 'root',
      sequence: [
        { model: 'cats', name: 'first', dependency: 'soft' },
        { model: 'dogs', when: { path: 'target', equals: '1' } },
        { url: 'http://other.host:8080', protocol: 'v2', model: 'breeds', dependency: 'soft', input: 'request' },
      ],
    });
  });

  it('is a switch, an ensemble and a splitter, of nodes in nodes', () => {
    const nodes = `    root:
      routerType: Switch
      steps:
        - { nodeName: both, condition: 'instances.#(kind=="cat")' }
        - { nodeName: one, condition: instances.0.any, dependency: Hard }
    both:
      routerType: Ensemble
      steps: [{ serviceName: a, name: x, dependency: Hard }, { serviceName: b, dependency: Hard }]
    one:
      routerType: Splitter
      steps: [{ serviceName: a, name: old, weight: 80 }, { serviceName: b, name: new, weight: 20 }]
`;
    expect(graphOf(nodes)).toEqual({
      name: 'root',
      switch: [
        {
          when: { path: 'instances.*.kind', equals: 'cat' },
          step: {
            name: 'both',
            parallel: { x: { model: 'a', name: 'x' }, 1: { model: 'b' } },
            combine: 'merge',
            dependency: 'soft',
          },
        },
        {
          when: { path: 'instances.0.any', exists: true },
          step: {
            name: 'one',
            router: {
              old: { model: 'a', name: 'old', dependency: 'soft' },
              new: { model: 'b', name: 'new', dependency: 'soft' },
            },
            policy: 'weighted',
            weights: { old: 80, new: 20 },
          },
        },
      ],
    });
  });

  it.each([
    [
      'a circle',
      'root: { routerType: Sequence, steps: [{ nodeName: root }] }',
      '6: spec.nodes.root.steps[0].nodeName makes a circle: root → root',
    ],
    [
      'a node that is not there',
      'root: { routerType: Sequence, steps: [{ nodeName: x }] }',
      'names the node "x", which there is not',
    ],
    [
      'weights that are not 100',
      'root: { routerType: Splitter, steps: [{ serviceName: a, weight: 50 }] }',
      'and those beside it are 50 in all, not 100',
    ],
    [
      'a router that there is not',
      'root: { routerType: Mab, steps: [{ serviceName: a }] }',
      'expected one of Sequence, Switch, Ensemble, Splitter, came "Mab"',
    ],
    [
      'no root',
      'other: { routerType: Sequence, steps: [{ serviceName: a }] }',
      'names the node "root", which there is not',
    ],
    ['no steps', 'root: { routerType: Sequence }', '6: spec.nodes.root has no steps'],
    [
      'a condition of GJSON that is not known',
      'root: { routerType: Switch, steps: [{ serviceName: a, condition: "a|@reverse" }] }',
      '"a|@reverse" is a path that is not known here',
    ],
  ])('has no %s', (_, node, problem) => {
    expect(() => plan(`${GRAPH}    ${node}\n`)).toThrow(problem);
  });
});
