/** Services from the files that people have for other servers: registered whole, changed, taken back, and there after a restart. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addWorkflow } from '../fixtures/workflow-archives.ts';
import { addArchive } from '../helpers/archives.ts';
import { SERVER_CLI, startDaemon, type Daemon } from '../helpers/daemon.ts';
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

const times = (factor: number) => matMulModel({ weights: [[factor]] });

const PLUS_WORKFLOW = {
  name: 'plus',
  spec: 'models: { a: { url: double.mar } }\ndag: { pre: [a, a] }',
  handler: 'export const pre = (rows) => rows.map(({ body }) => body.map((row) => row.map((value) => value + 1)));',
};

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { archives: '{"team/component:1":"component.mar","team/plus:1":"plus.mar"}' },
    fill: async (store) => {
      await addArchive(store, { name: 'double', model: times(2) });
      await addArchive(store, { name: 'triple', version: '3.0', model: times(3) });
      await addArchive(store, { name: 'component', source: COMPONENT });
      await addArchive(store, { name: 'plus', source: TRANSFORMER });
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

const service = (more: string) => `apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata: { name: sum }
spec:
  predictor: { ${more} }
`;

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
    const text = `${service('onnx: { storageUri: pvc://claim/double.mar }').replace('name: sum', 'name: more')}  transformer: { containers: [{ image: "team/plus:1", args: [--protocol, v1] }] }\n`;
    expect(await apply(text)).toMatchObject({
      status: 200,
      models: [{ modelName: 'more-predictor' }, { modelName: 'more' }],
    });
    expect(await ask('more', [[5]])).toEqual([[12]]);
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
      `name: fresh\ngraph: { model: sum }\n---\n${service('onnx: { storageUri: pvc://c/broken.mar }').replace('name: sum', 'name: bad')}`,
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
    [
      service('onnx: { storageUri: pvc://c/none.mar }').replace('name: sum', 'name: none'),
      404,
      'Model not found at: none.mar',
    ],
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

describe('--apply', () => {
  it('serves files at the start, and what they ask for by now at the next', async () => {
    const fill = (store: string) => addArchive(store, { name: 'double', model: times(2) });
    const first = await startDaemon({ fill });
    await first.end();
    const file = path.join(first.root, 'service.yaml');
    await writeFile(
      file,
      `${service('onnx: { storageUri: pvc://c/double.mar }')}---\nname: g\ngraph: { model: sum }\n`,
    );
    addWorkflow(first.root, PLUS_WORKFLOW);
    const args = ['--apply', file, path.join(first.root, 'plus.war')];
    const price = async (server: Daemon) =>
      (await sendJson(`${server.inference}/v1/models/g:predict`, { instances: [[4]] })).text;
    const second = await startDaemon({ root: first.root, args });
    await expect.poll(async () => (await send(`${second.inference}/ready`)).status).toBe(200);
    expect(await price(second)).toBe('{"predictions":[[8]]}');
    const plus = async (server: Daemon) => (await sendJson(`${server.inference}/wfpredict/plus`, [[4]])).json();
    expect(await plus(second)).toEqual([[10]]);
    await second.line('names a again');
    await second.end();
    const third = await startDaemon({ root: first.root, args });
    try {
      await third.line('services are ready');
      await expect.poll(async () => (await send(`${third.inference}/ready`)).status).toBe(200);
      expect([await price(third), await plus(third)]).toEqual(['{"predictions":[[8]]}', [[10]]]);
      const all = (await send(`${third.management}/models/g/all`)).json<{ modelVersion: string }[]>();
      expect(all.map(({ modelVersion }) => modelVersion)).toEqual(['1.0']);
    } finally {
      await third.close();
    }
  });

  it('--dry-run shows what a file becomes, with the lines of what does nothing', async () => {
    const file = path.join(daemon.root, 'dry.yaml');
    await writeFile(file, service('serviceAccountName: x, onnx: { storageUri: "https://host/iris.mar" }'));
    const run = (...args: string[]) =>
      promisify(execFile)(process.execPath, [SERVER_CLI, '--model-store', daemon.store, ...args]);
    const { stdout } = await run('--apply', file, '--dry-run');
    expect(stdout).toContain('  sum (InferenceService "sum"): https://host/iris.mar\n');
    expect(stdout).toContain('WARNING - dry.yaml:5: spec.predictor.serviceAccountName does nothing here');
    await expect(run('--dry-run')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--dry-run needs --apply FILE'),
    });
    addWorkflow(daemon.root, PLUS_WORKFLOW);
    const archive = path.join(daemon.root, 'plus.war');
    const shown = (await run('--apply', archive, '--dry-run')).stdout;
    expect(shown).toContain('  plus__a (node "a" of workflow "plus"): double.mar with ');
    expect(shown).toContain(`  plus (workflow "plus"): ${archive} with `);
    expect(shown).toContain('WARNING - spec.yaml:2: dag.pre[1]: names a again');
    addWorkflow(daemon.root, { name: 'plus', spec: PLUS_WORKFLOW.spec });
    await expect(run('--apply', archive, '--dry-run')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`ERROR - ${archive}: `),
    });
    await writeFile(file, 'kind: Pod');
    await expect(run('--apply', file, '--dry-run')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ERROR - dry.yaml: it has none of'),
    });
  });
});
