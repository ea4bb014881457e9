import { describe, expect, it } from 'vitest';
import { facts, notes, plan } from '../../test-support/deployment-plans.ts';

describe('a SeldonDeployment', () => {
  const DEPLOYMENT = `apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: { name: iris, annotations: { seldon.io/rest-timeout: "2500" } }
spec:
  predictors:
`;
  const predictor = (name: string, more = '') => `    - name: ${name}
      ${more}
      componentSpecs: [{ spec: { containers: [{ name: scaler, image: "team/scale:1" }, { name: model, image: "team/iris:1" }] } }]
      graph:
        name: scaler
        type: TRANSFORMER
        parameters: [{ name: mean, value: "1", type: STRING }]
        children:
          - { name: model, type: MODEL, endpoint: { type: REST } }
`;
  const archives = { 'team/scale:1': 'scale.mar', 'team/iris:1': 'iris.mar' };

  it('is a graph of components, each a model with its place in it', () => {
    const made = plan(DEPLOYMENT + predictor('main', 'replicas: 2'), {}, archives);
    const keys = { minWorkers: 2, responseTimeout: 3 };
    expect(facts(made)).toEqual([
      {
        name: 'iris-scaler',
        from: 'scale.mar',
        config: {
          component: {
            unit: 'scaler',
            type: 'TRANSFORMER',
            image: 'team/scale:1',
            parameters: [{ name: 'mean', value: '1', type: 'STRING' }],
          },
          ...keys,
        },
      },
      {
        name: 'iris-model',
        from: 'iris.mar',
        config: { component: { unit: 'model', type: 'MODEL', image: 'team/iris:1' }, ...keys },
      },
      {
        name: 'iris',
        from: 'seldon_graph',
        config: {
          seldon_graph: {
            name: 'main',
            graph: { name: 'scaler', type: 'TRANSFORMER', children: [{ name: 'model', type: 'MODEL', children: [] }] },
            componentSpecs: [
              {
                spec: {
                  containers: [
                    { name: 'scaler', image: 'team/scale:1' },
                    { name: 'model', image: 'team/iris:1' },
                  ],
                },
              },
            ],
            components: { scaler: 'iris-scaler', model: 'iris-model' },
          },
          ...keys,
        },
      },
    ]);
    expect(notes(made)).toEqual([]);
  });

  it('shares its traffic between predictors, and lets a shadow listen', () => {
    const text =
      DEPLOYMENT + predictor('a', 'traffic: 75') + predictor('b', 'traffic: 25') + predictor('c', 'shadow: true');
    const made = plan(text, {}, archives);
    expect(facts(made).map(({ name }) => name)).toEqual([
      'iris-a-scaler',
      'iris-a-model',
      'iris-a',
      'iris-b-scaler',
      'iris-b-model',
      'iris-b',
      'iris-c-scaler',
      'iris-c-model',
      'iris-c',
      'iris',
    ]);
    expect(made.models.at(-1)?.config).toEqual({
      graph: {
        router: {
          main: {
            router: { a: { model: 'iris-a' }, b: { model: 'iris-b' } },
            policy: 'weighted',
            weights: { a: 75, b: 25 },
            name: 'traffic',
          },
          shadow: { model: 'iris-c' },
        },
        policy: 'shadow',
        name: 'shadow',
      },
    });
  });

  it('has units of its own, and prepackaged servers', () => {
    const graph = `    - name: main
      graph:
        name: ab
        implementation: RANDOM_ABTEST
        parameters: [{ name: ratioA, value: "0.5", type: FLOAT }]
        children:
          - { name: one, implementation: SKLEARN_SERVER, modelUri: "https://host/one.mar" }
          - { name: two, implementation: TRITON_SERVER, modelUri: "https://host/two.mar" }
`;
    const made = plan(DEPLOYMENT + graph);
    expect(facts(made).slice(0, 2)).toMatchObject([
      { name: 'iris-one', from: 'https://host/one.mar' },
      { name: 'iris-two', from: 'https://host/two.mar' },
    ]);
    expect(made.models[2]?.config).toMatchObject({
      seldon_graph: { graph: { implementation: 'RANDOM_ABTEST', parameters: [{ name: 'ratioA' }] } },
    });
  });

  it('has units on other machines, which are asked there', () => {
    const units = (endpoint: string) => `    - name: main
      graph:
        name: far
        type: TRANSFORMER
        endpoint: { service_host: far.host, ${endpoint} }
        parameters: [{ name: mean, value: "1", type: STRING }]
        children:
          - { name: model, type: MODEL, implementation: SIMPLE_MODEL }
`;
    const made = plan(DEPLOYMENT + units('service_port: 9500, type: GRPC'));
    expect(facts(made).map(({ name }) => name)).toEqual(['iris']);
    expect(made.models[0]?.config).toMatchObject({
      seldon_graph: { graph: { endpoint: { service_host: 'far.host', service_port: 9500, type: 'GRPC' } } },
    });
    expect(notes(made)).toEqual([
      '11: spec.predictors[0].graph.parameters does nothing here: the component at far.host has its own',
    ]);
    const overGrpc = DEPLOYMENT.replace('spec:', 'spec:\n  transport: grpc');
    expect(plan(overGrpc + units('service_port: 9500')).models[0]?.config).toMatchObject({
      seldon_graph: { graph: { endpoint: { type: 'GRPC', service_port: 9500 } } },
    });
  });

  it.each([
    [
      'a unit of nothing',
      '    - { name: a, graph: { name: x, type: MODEL } }',
      '6: spec.predictors[0].graph (unit "x") has neither a container of its name in componentSpecs nor a modelUri',
    ],
    [
      'an image that stands for nothing',
      predictor('a'),
      '8: spec.predictors[0].componentSpecs[0].spec.containers[0].image "team/scale:1" cannot be fetched from here',
    ],
    ['no predictors', '    []', 'spec.predictors is empty'],
  ])('has no %s', (_, predictors, problem) => {
    expect(() => plan(`${DEPLOYMENT}${predictors}\n`)).toThrow(problem);
  });

  it('has an explainer, where an archive stands for it', () => {
    const explained = predictor('main', 'explainer: { type: AnchorTabular, modelUri: "gs://b/anchors", replicas: 1 }');
    const made = plan(DEPLOYMENT + explained, {}, { ...archives, 'gs://b/anchors': 'why.mar' });
    const config = { explains: 'iris', predictor_host: 'local:iris' };
    expect(facts(made).at(-1)).toEqual({ name: 'iris-explainer', from: 'why.mar', config });
    expect(notes(made)).toEqual(['7: spec.predictors[0].explainer.replicas does nothing here']);
    const without = plan(DEPLOYMENT + explained, {}, archives);
    expect(facts(without).at(-1)?.name).toBe('iris');
    expect(notes(without)).toEqual([expect.stringMatching(/^7: spec\.predictors\[0\]\.explainer does nothing here: /)]);
  });

  it('has the bandits that Seldon has as images', () => {
    const bandit = `    - name: main
      svcOrchSpec: { env: [{ name: SELDON_ENABLE_ROUTING_INJECTION, value: "true" }] }
      componentSpecs: [{ spec: { containers: [{ name: eg-router, image: "seldonio/mab_epsilon_greedy:1.18.2" }, { name: model, image: "team/iris:1" }] } }]
      graph:
        name: eg-router
        type: ROUTER
        parameters: [{ name: n_branches, value: "1", type: INT }]
        children:
          - { name: model, type: MODEL }
`;
    const made = plan(DEPLOYMENT + bandit, {}, archives);
    const [model, graph] = facts(made);
    expect([facts(made).length, model?.name]).toEqual([2, 'iris-model']);
    expect(graph?.config).toMatchObject({
      seldon_graph: {
        graph: { name: 'eg-router', parameters: [{ name: 'n_branches', value: '1', type: 'INT' }] },
        svcOrchSpec: { env: [{ name: 'SELDON_ENABLE_ROUTING_INJECTION', value: 'true' }] },
        components: { model: 'iris-model' },
      },
    });
  });
});
