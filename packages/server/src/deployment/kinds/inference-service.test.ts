import { describe, expect, it } from 'vitest';
import { facts, notes, plan, SERVICE } from '../../test-support/deployment-plans.ts';

describe('an InferenceService', () => {
  it('is its model, with what it says of replicas, batches and time', () => {
    const text = `${SERVICE}    minReplicas: 2
    maxReplicas: 3
    timeout: 20
    batcher: { maxBatchSize: 16, maxLatency: 50 }
    model: { modelFormat: { name: onnx }, storageUri: "file:///models/iris.mar", protocolVersion: v2 }
`;
    const config = { minWorkers: 2, maxWorkers: 3, responseTimeout: 20, batchSize: 16, maxBatchDelay: 50 };
    expect(facts(plan(text))).toEqual([{ name: 'iris', from: 'file:///models/iris.mar', config }]);
    expect(notes(plan(text))).toEqual([]);
  });

  it.each([
    ['a legacy framework', 'onnx: { storageUri: pvc://models/iris.mar }', 'iris.mar'],
    [
      'storage with a path',
      'model: { modelFormat: { name: onnx }, storage: { key: s, path: "https://host/iris.mar" } }',
      'https://host/iris.mar',
    ],
    ['a container of the table', 'containers: [{ name: kserve-container, image: "team/iris:1" }]', 'mapped.mar'],
    [
      'a container with a model',
      'containers: [{ image: x, env: [{ name: STORAGE_URI, value: "gs://b/iris" }] }]',
      'from-bucket.mar',
    ],
  ])('names its archive by %s', (_, predictor, from) => {
    const archives = { 'team/iris:1': 'mapped.mar', 'gs://b/iris': 'from-bucket.mar' };
    expect(facts(plan(`${SERVICE}    ${predictor}\n`, {}, archives))).toMatchObject([{ name: 'iris', from }]);
  });

  it('names its archive in an annotation', () => {
    const text = SERVICE.replace(
      'labels: { team: a }',
      `annotations: { marserve.io/archives: '{"gs://b/iris":"iris.mar"}' }`,
    );
    expect(facts(plan(`${text}    onnx: { storageUri: gs://b/iris }\n`))).toEqual([{ name: 'iris', from: 'iris.mar' }]);
  });

  it('may have a transformer, which asks the predictor on this server', () => {
    const text = `${SERVICE}    onnx: { storageUri: "https://host/iris.mar" }
  transformer:
    containers:
      - { image: t, name: kserve-container, args: [--model_name, iris, --predictor_protocol=v2], resources: { limits: { cpu: 1 } } }
`;
    const made = plan(text, {}, { t: 'transformer.mar' });
    expect(facts(made)).toEqual([
      { name: 'iris-predictor', from: 'https://host/iris.mar' },
      {
        name: 'iris',
        from: 'transformer.mar',
        config: { predictor_host: 'local:iris-predictor', predictor_protocol: 'v2' },
      },
    ]);
    expect(notes(made)).toEqual(['9: spec.transformer.containers[0].resources does nothing here']);
  });

  it('may have an explainer, which explains it to its clients, and asks the predictor', () => {
    const text = `${SERVICE}    onnx: { storageUri: "https://host/iris.mar" }
  explainer: { minReplicas: 2, containers: [{ image: e, args: [--predictor_protocol, v2] }] }
`;
    const made = plan(text, {}, { e: 'why.mar' });
    const config = { explains: 'iris', predictor_host: 'local:iris', predictor_protocol: 'v2', minWorkers: 2 };
    expect(facts(made)).toEqual([
      { name: 'iris', from: 'https://host/iris.mar' },
      { name: 'iris-explainer', from: 'why.mar', config },
    ]);
    expect(notes(made)).toEqual([]);
    const behind = plan(`${text}  transformer: { containers: [{ image: t }] }\n`, {}, { e: 'why.mar', t: 't.mar' });
    expect(facts(behind).at(-1)?.config).toEqual({ ...config, predictor_host: 'local:iris-predictor' });
  });

  it("may have KServe's own explainer, where an archive stands for it", () => {
    const text = `${SERVICE}    onnx: { storageUri: "https://host/iris.mar" }
  explainer:
    art: { type: SquareAttack, storageUri: "gs://b/art" }
`;
    expect(facts(plan(text, {}, { 'gs://b/art': 'why.mar' })).at(-1)).toEqual({
      name: 'iris-explainer',
      from: 'why.mar',
      config: { explains: 'iris', predictor_host: 'local:iris' },
    });
    const without = plan(text);
    expect(facts(without).map(({ name }) => name)).toEqual(['iris']);
    expect(notes(without)).toEqual([
      expect.stringMatching(/^8: spec\.explainer does nothing here: explainers of others are not run/),
    ]);
  });

  it('has a canary beside the model that is registered', () => {
    const text = `${SERVICE}    canaryTrafficPercent: 10\n    onnx: { storageUri: "https://host/new.mar" }\n`;
    const graph = {
      router: { default: { model: 'iris-default' }, canary: { model: 'iris-canary' } },
      policy: 'weighted',
      weights: { default: 90, canary: 10 },
      name: 'canary',
    };
    expect(facts(plan(text, { iris: 'old.mar' }))).toEqual([
      { name: 'iris-default', from: 'old.mar' },
      { name: 'iris-canary', from: 'https://host/new.mar' },
      { name: 'iris', from: 'graph', config: { graph } },
    ]);
    const first = plan(text);
    expect(facts(first)).toEqual([{ name: 'iris', from: 'https://host/new.mar' }]);
    expect(notes(first)).toEqual([
      '6: spec.predictor.canaryTrafficPercent is taken for 100: no other model "iris" is registered',
    ]);
  });

  it('of v1alpha2 has both side by side', () => {
    const text = `apiVersion: serving.kubeflow.org/v1alpha2
kind: InferenceService
metadata: { name: iris }
spec:
  default: { predictor: { onnx: { storageUri: "https://host/a.mar" } } }
  canaryTrafficPercent: 20
  canary: { predictor: { onnx: { storageUri: "https://host/b.mar" } } }
`;
    expect(facts(plan(text)).map(({ name, from }) => `${name} ${from}`)).toEqual([
      'iris-default https://host/a.mar',
      'iris-canary https://host/b.mar',
      'iris graph',
    ]);
    expect(plan(text).models[2]?.config).toMatchObject({ graph: { weights: { default: 80, canary: 20 } } });
    const explained = text.replace(' } }\n  canaryT', ' }, explainer: { containers: [{ image: e }] } }\n  canaryT');
    const made = plan(explained, {}, { e: 'why.mar' });
    expect(facts(made)[1]).toMatchObject({ name: 'iris-default-explainer', config: { explains: 'iris-default' } });
    expect(notes(made)).toEqual([expect.stringMatching(/^5: spec\.default\.explainer explains "iris-default" alone/)]);
  });

  it('says what of it does nothing here, with the line', () => {
    const text = `${SERVICE}    minReplicas: 0
    scaleTarget: 5
    logger: { mode: all }
    serviceAccountName: robot
    onnx:
      storageUri: "https://host/iris.mar"
      resources: { limits: { memory: 1Gi } }
`;
    expect(notes(plan(text))).toEqual([
      '6: spec.predictor.minReplicas is taken for 1: models are not started by their first request',
      '7: spec.predictor.scaleTarget does nothing here',
      '8: spec.predictor.logger does nothing here: requests are not sent elsewhere',
      '9: spec.predictor.serviceAccountName does nothing here',
      '12: spec.predictor.onnx.resources does nothing here',
    ]);
  });
});
