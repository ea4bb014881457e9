/** Services from the files that people have for other servers: registered whole, changed, taken back, and there after a restart. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { service } from '../fixtures/service-files.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { askSeldon } from '../helpers/seldon.ts';

const COMPONENT = `
  export default class Scale {
    constructor({ by = 1 }) { this.by = by; }
    transformInput(X) { return X.map((row) => row.map((value) => value * this.by)); }
    predict(X) { return X.map((row) => row.map((value) => value + 1)); }
  }
`;
const TRANSFORMER = `
  import { Transformer } from '@marserve/handlers';
  export default class Plus extends Transformer {
    preprocess = ({ instances }) => ({ instances: instances.map((row) => row.map((value) => value + 1)) });
  }
`;

/** Explains whatever it stands beside. */
const WHY = {
  name: 'why',
  handler: 'base_transformer',
  config: JSON.stringify({ explainer: { method: 'kernel_shap', background: 'background.json' } }),
  files: { 'background.json': '[[1]]' },
};

const times = (factor: number) => matMulModel({ weights: [[factor]] });

const ARCHIVES = {
  'team/component:1': 'component.mar',
  'team/plus:1': 'plus.mar',
  'team/why:1': 'why.mar',
  'gs://b/anchors': 'why.mar',
};

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { archives: JSON.stringify(ARCHIVES) },
    fill: async (store) => {
      await addArchive(store, { name: 'double', model: times(2) });
      await addArchive(store, { name: 'triple', version: '3.0', model: times(3) });
      await addArchive(store, { name: 'component', source: COMPONENT });
      await addArchive(store, { name: 'plus', source: TRANSFORMER });
      await addArchive(store, WHY);
      await addArchive(store, { name: 'broken', source: 'throw new Error("it does not start");', options: {} });
    },
  });
});

afterAll(() => daemon?.close());

const apply = async (text: string, query = '') => {
  const body = Buffer.from(text);
  const headers = { 'content-type': 'application/yaml' };
  const answer = await send(`${daemon.management}/graphs${query}`, { method: 'POST', body, headers });
  return {
    status: answer.status,
    text: answer.text,
    ...answer.json<{ models: Record<string, string>[]; warnings: object[] }>(),
  };
};

const ask = async (model: string, instances: unknown) =>
  (await sendJson(`${daemon.inference}/v1/models/${model}:predict`, { instances })).json<{ predictions: unknown }>()
    .predictions;

const names = async () =>
  (await send(`${daemon.management}/models`))
    .json<{ models: { modelName: string }[] }>()
    .models.map(({ modelName }) => modelName)
    .toSorted();

describe('an InferenceService', () => {
  it('is served, stays when it is applied again, and is replaced when it changes', async () => {
    const first = service('minReplicas: 0, model: { modelFormat: { name: onnx }, storageUri: pvc://claim/double.mar }');
    const applied = await apply(first);
    expect(applied).toMatchObject({
      status: 200,
      models: [{ modelName: 'sum', modelVersion: '1.0', status: 'registered', for: 'InferenceService "sum"' }],
      warnings: [
        { line: 5, text: expect.stringContaining('is looked for as "double.mar" in the model store') },
        { line: 5, text: expect.stringContaining('minReplicas is taken for 1') },
      ],
    });
    expect(await ask('sum', [[5]])).toEqual([[10]]);
    expect(await apply(first)).toMatchObject({
      models: [{ modelName: 'sum', modelVersion: '1.0', status: 'unchanged' }],
    });
    const next = service('onnx: { storageUri: pvc://claim/triple.mar }');
    expect(await apply(next)).toMatchObject({ models: [{ modelVersion: '3.0', status: 'replaced' }] });
    expect(await ask('sum', [[5]])).toEqual([[15]]);
  });

  it('has a canary beside the model that is there', async () => {
    const canary = service('canaryTrafficPercent: 50, onnx: { storageUri: pvc://claim/double.mar }');
    expect(await apply(canary)).toMatchObject({
      status: 200,
      models: [
        { modelName: 'sum-default', status: 'registered' },
        { modelName: 'sum-canary', status: 'registered' },
        { modelName: 'sum', status: 'replaced' },
      ],
    });
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask('sum', [[5]])));
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['[[10]]', '[[15]]']));
    const promoted = service('canaryTrafficPercent: 100, onnx: { storageUri: pvc://claim/double.mar }');
    expect(await apply(promoted)).toMatchObject({
      models: [{ modelName: 'sum', modelVersion: '1.0', status: 'replaced' }],
    });
    expect(await ask('sum', [[5]])).toEqual([[10]]);
    expect(await names()).toEqual(['sum']);
  });

  it('has a transformer in front of its predictor', async () => {
    const text = `${service('onnx: { storageUri: pvc://claim/double.mar }', 'more')}  transformer: { containers: [{ image: "team/plus:1", args: [--protocol, v1] }] }\n`;
    expect(await apply(text)).toMatchObject({
      status: 200,
      models: [{ modelName: 'more-predictor' }, { modelName: 'more' }],
    });
    expect(await ask('more', [[5]])).toEqual([[12]]);
  });
});

describe('the explainer of a service', () => {
  const explained = `${service('onnx: { storageUri: pvc://claim/double.mar }', 'clear')}  explainer: { containers: [{ image: "team/why:1" }] }\n`;
  const BASE = { base_values: [2], values: [[8]] };

  it('answers who asks the service for explanations, in every protocol', async () => {
    expect(await apply(explained)).toMatchObject({
      status: 200,
      models: [{ modelName: 'clear' }, { modelName: 'clear-explainer', for: 'explainer of InferenceService "clear"' }],
      warnings: [{ text: expect.stringContaining('is looked for as "double.mar"') }],
    });
    const { inference } = daemon;
    const v1 = await sendJson(`${inference}/v1/models/clear:explain`, { instances: [[5]] });
    expect(v1.json()).toMatchObject({ predictions: [[10]], explanations: [BASE] });
    expect(v1.headers.get('x-marserve-model')).toBe('clear-explainer/1.0');
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [5] }];
    const v2 = (await sendJson(`${inference}/v2/models/clear/explain`, { inputs })).json<{ outputs: object[] }>();
    expect(v2.outputs).toMatchObject([{ name: 'predictions' }, { name: 'explanations', datatype: 'BYTES' }]);
    const torchserve = await sendJson(`${inference}/explanations/clear`, [5]);
    expect(torchserve.json()).toMatchObject({ explanations: BASE });
    const seldon = await askSeldon(`${inference}/seldon/ns/clear/api/v1.0/explain`, { data: { ndarray: [[5]] } });
    expect(seldon.body).toMatchObject({ jsonData: { explanations: [BASE] } });
  });

  it('leaves predictions, and a version that is named, to the model', async () => {
    expect(await ask('clear', [[5]])).toEqual([[10]]);
    expect((await sendJson(`${daemon.inference}/explanations/clear/1.0`, [5])).status).toBe(501);
  });

  it('goes on when the service is replaced, and explains what that answers then', async () => {
    const next = explained.replace('double.mar', 'triple.mar');
    expect(await apply(next)).toMatchObject({ models: [{ status: 'replaced' }, { status: 'unchanged' }] });
    const { explanations } = (
      await sendJson(`${daemon.inference}/v1/models/clear:explain`, { instances: [[5]] })
    ).json<{ explanations: object[] }>();
    expect(explanations).toMatchObject([{ base_values: [3], values: [[12]] }]);
  });

  it('is found at the path of an ingress for a SeldonDeployment', async () => {
    const text = `apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: { name: plain }
spec:
  predictors:
    - name: main
      graph: { name: double, type: MODEL, modelUri: pvc://claim/double.mar }
      explainer: { type: AnchorTabular, modelUri: "gs://b/anchors" }
`;
    expect(await apply(text)).toMatchObject({
      status: 200,
      models: [{ modelName: 'plain-double' }, { modelName: 'plain' }, { modelName: 'plain-explainer' }],
    });
    const message = { data: { ndarray: [[5]] } };
    for (const place of ['ns/plain-explainer/main', 'plain-explainer/main', 'ns/plain']) {
      const { body } = await askSeldon(`${daemon.inference}/seldon/${place}/api/v1.0/explain`, message);
      expect([place, body]).toMatchObject([place, { jsonData: { explanations: [BASE] } }]);
    }
  });
});

describe('a SeldonDeployment', () => {
  it('is a graph of its components, each in its place', async () => {
    const text = `apiVersion: machinelearning.seldon.io/v1
kind: SeldonDeployment
metadata: { name: chain }
spec:
  predictors:
    - name: main
      componentSpecs:
        - spec: { containers: [{ name: scale, image: "team/component:1" }, { name: add, image: "team/component:1", resources: { limits: { cpu: 1 } } }] }
      graph:
        name: scale
        type: TRANSFORMER
        parameters: [{ name: by, value: "10", type: INT }]
        children: [{ name: add, type: MODEL }]
`;
    const applied = await apply(text);
    expect(applied).toMatchObject({
      status: 200,
      models: [{ modelName: 'chain-scale' }, { modelName: 'chain-add' }, { modelName: 'chain' }],
      warnings: [{ line: 8, text: expect.stringContaining('containers[1].resources does nothing here') }],
    });
    const answer = await askSeldon(`${daemon.inference}/seldon/ns/chain/api/v1.0/predictions`, {
      data: { ndarray: [[1, 2]] },
    });
    expect(answer.body).toMatchObject({
      data: { ndarray: [[11, 21]] },
      meta: { requestPath: { scale: 'team/component:1', add: 'team/component:1' } },
    });
  });
});

describe('an InferenceGraph', () => {
  it('asks the services that it names, under its conditions', async () => {
    const text = `apiVersion: serving.kserve.io/v1alpha1
kind: InferenceGraph
metadata: { name: path }
spec:
  nodes:
    root:
      routerType: Sequence
      steps:
        - { serviceName: more, name: first, dependency: Hard }
        - { nodeName: large, data: $response, condition: "instances.0", dependency: Hard }
    large:
      routerType: Ensemble
      steps: [{ serviceName: sum, name: a, dependency: Hard }, { serviceName: more-predictor, name: b, dependency: Hard }]
`;
    expect(await apply(text)).toMatchObject({ status: 200, models: [{ modelName: 'path', status: 'registered' }] });
    expect(await ask('path', [[5]])).toEqual([{ a: [24], b: [24] }]);
  });
});

describe('a file', () => {
  it('that fails in its middle leaves nothing new', async () => {
    const before = await names();
    const { status, text } = await apply(
      'name: fine\ngraph: [sum]\n---\nname: fine2\ngraph: { model: sum }\n---\nname: wrong\ngraph: { sequence: 5 }\n',
    );
    expect(status).toBe(400);
    expect(text).toContain('graph');
    expect(await names()).toEqual(before);
    const second = await apply(
      `name: fresh\ngraph: { model: sum }\n---\n${service('onnx: { storageUri: pvc://c/broken.mar }', 'bad')}`,
    );
    expect(second.status).toBe(500);
    expect(second.text).toContain('. Taken back: \\"fresh\\"');
    expect(await names()).toEqual(before);
  });

  it('can be looked at before', async () => {
    const before = await names();
    const plan = await apply('name: seen\ngraph: { model: sum }\n', '?dry_run=true');
    expect(plan).toMatchObject({
      status: 200,
      models: [{ modelName: 'seen', handler: 'graph', config: { graph: { model: 'sum' } } }],
    });
    expect(await names()).toEqual(before);
  });

  it.each([
    ['a: [', 400, 'body:1: expected YAML'],
    ['', 400, 'it is empty'],
    ['PK\u0003\u0004 archive', 400, 'register it by POST /workflows?url='],
    ['x'.repeat(2 ** 20 + 1), 413, ''],
    ['name: g\ngraph: { sequence: [sum, {}] }', 400, 'graph'],
    [service('onnx: { storageUri: pvc://c/none.mar }', 'none'), 404, 'Model not found at: none.mar'],
  ])('is refused with its line: %.20s', async (text, status, problem) => {
    const refused = await apply(text);
    expect([refused.status, refused.text]).toEqual([status, expect.stringContaining(problem)]);
  });

  it('of two at a time is applied after the other', async () => {
    const text = 'name: twice\ngraph: { model: sum }\n';
    const both = await Promise.all([apply(text), apply(text)]);
    expect(new Set(both.map(({ models }) => models[0]?.['status']))).toEqual(new Set(['registered', 'unchanged']));
  });
});
