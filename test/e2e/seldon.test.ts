/** Seldon Core's protocol as a deployment's clients speak it: one class in three places, ordinary models, forms of data. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { IRIS, RAW } from '../fixtures/seldon-components.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { askSeldon } from '../helpers/seldon.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../helpers/shared-data.ts';

const FEATURES = 'sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)';
const irisConfig = (type: string, unit: string, names: string) =>
  JSON.stringify({
    component: { type, unit, image: 'IMAGE', parameters: [{ name: 'names', value: names, type: 'STRING' }] },
  });

let daemon: Daemon;

beforeAll(async () => {
  const model = matMulModel({
    weights: [
      [2, 0],
      [0, 2],
    ],
  });
  daemon = await startDaemon({
    fill: async (store) => {
      const iris = (name: string, type: string, names: string) =>
        addArchive(store, { name, source: IRIS, config: irisConfig(type, name, names) });
      await iris('preprocessor', 'TRANSFORMER', FEATURES);
      await iris('model', 'MODEL', 'Class_0,Class_1,Class_2');
      await iris('postprocessor', 'OUTPUT_TRANSFORMER', 'Class_0,Class_1,Class_2');
      await addArchive(store, { name: 'double', model });
      await addArchive(store, { name: 'sum', model: sumAndDifferenceModel(['batch', 2]) });
      await addArchive(store, { name: 'raw', source: RAW });
    },
  });
  await registerModels(daemon, ['preprocessor', 'model', 'postprocessor', 'double', 'sum', 'raw']);
});

afterAll(() => daemon?.close());

const deployed = (name: string, body: unknown) =>
  askSeldon(`${daemon.inference}/seldon/ns/${name}/api/v1.0/predictions`, body);

interface Exchange {
  readonly request: { readonly data: { readonly ndarray: number[][] } };
  readonly reply: { readonly data: { readonly ndarray: number[][]; readonly names: string[] }; readonly meta: object };
}

describe('one class in three places of a graph', () => {
  it.skipIf(!hasSharedData)(`answers as published${NEEDS_SHARED_DATA}`, async () => {
    const exchanges = JSON.parse(await readFile(path.join(SHARED_DATA, 'seldon/exchanges.json'), 'utf8')) as Record<
      string,
      Exchange
    >;
    for (const [key, name] of [
      ['transformer', 'preprocessor'],
      ['model', 'model'],
      ['output_transformer', 'postprocessor'],
    ] as const) {
      const { request, reply } = exchanges[key] as Exchange;
      const { status, body } = await deployed(name, request);
      expect([status, Object.keys(body)]).toEqual([200, ['data', 'meta']]);
      const { data, meta } = body as unknown as Exchange['reply'];
      expect([data.names, meta]).toEqual([reply.data.names, reply.meta]);
      const expected = key === 'transformer' ? reply.data.ndarray : EXPECTED[key](request.data.ndarray);
      expect(data.ndarray.flat()).toHaveLength(expected.flat().length);
      data.ndarray.flat().forEach((value, at) => expect(value).toBeCloseTo(expected.flat()[at] as number, 12));
    }
  });
});

const EXPECTED = {
  model: (rows: number[][]) => rows.map((row) => row.slice(0, 3)),
  output_transformer: (rows: number[][]) => rows.map((row) => row.map((value) => value * 2)),
};

describe('a message', () => {
  const twos = Buffer.from(Float64Array.from([1, 2, 3, 4]).buffer).toString('base64');
  const dim = [{ size: '2' }, { size: '2' }];
  it.each([
    [
      'ndarray',
      {
        ndarray: [
          [1, 2],
          [3, 4],
        ],
      },
      {
        ndarray: [
          [2, 4],
          [6, 8],
        ],
      },
    ],
    [
      'tensor',
      { tensor: { shape: [2, 2], values: [1, 2, 3, 4] } },
      { tensor: { shape: [2, 2], values: [2, 4, 6, 8] } },
    ],
    [
      'tftensor',
      { tftensor: { dtype: 'DT_DOUBLE', tensorShape: { dim }, tensorContent: twos } },
      {
        tftensor: {
          dtype: 'DT_FLOAT',
          tensorShape: { dim },
          tensorContent: Buffer.from(Float32Array.from([2, 4, 6, 8]).buffer).toString('base64'),
        },
      },
    ],
  ])('of data is answered in its form, by an ordinary model: %s', async (_, data, answer) => {
    const { status, body } = await deployed('double', {
      data: { ...data, names: ['a', 'b'] },
      meta: { puid: 'p', tags: { t: 1 } },
    });
    expect([status, body]).toEqual([
      200,
      {
        data: { names: ['t:0', 't:1'], ...answer },
        meta: { tags: { t: 1 }, puid: 'p', requestPath: { double: 'double:1.0' } },
      },
    ]);
  });

  it('to a model of several inputs has them by their names, and so has its answer', async () => {
    const { body } = await deployed('sum', { jsonData: { a: [[5, 3]], b: [[1, 2]] } });
    expect(body).toMatchObject({ jsonData: { sum: [[6, 5]], difference: [[4, 1]] } });
    expect(await deployed('sum', { data: { ndarray: [[1]] } })).toMatchObject({ status: 400 });
  });
});

describe("a body of KServe's protocols as jsonData", () => {
  const answerTo = async (name: string, jsonData: unknown) =>
    (await deployed(name, { jsonData, meta: { puid: 'p' } })).body;

  it('is answered as by its protocol, in a message', async () => {
    expect(await answerTo('double', { instances: [[1, 2]] })).toEqual({
      jsonData: { predictions: [[2, 4]] },
      meta: { puid: 'p', requestPath: { double: 'double:1.0' } },
    });
    const tensors = ['a', 'b'].map((name) => ({ name, shape: [1, 2], datatype: 'FP32', data: [1, 2] }));
    expect(await answerTo('sum', { inputs: tensors })).toMatchObject({
      jsonData: { model_name: 'sum', outputs: [{ name: 'sum', data: [2, 4] }, { name: 'difference' }] },
    });
  });

  it('that is wrong is refused', async () => {
    expect(await answerTo('double', { instances: [['x']] })).toMatchObject({ status: { code: -1 } });
    const wrong = { name: 'x', shape: [3], datatype: 'FP32', data: [1] };
    expect(await answerTo('double', { inputs: [wrong] })).toMatchObject({
      status: { reason: 'MICROSERVICE_BAD_DATA' },
    });
  });

  it('reaches a component as it is', async () => {
    expect(await answerTo('raw', { instances: [1] })).toMatchObject({ jsonData: { instances: [1] } });
  });
});

describe('a component', () => {
  it('answers other protocols with what it gives', async () => {
    const v1 = await askSeldon(`${daemon.inference}/v1/models/model:predict`, { instances: [[[1, 2, 3, 4]]] });
    expect(v1.body).toEqual({ predictions: [[[1, 2, 3]]] });
  });

  it('on whole messages says the status as well', async () => {
    expect(await deployed('raw', { strData: 'x' })).toMatchObject({ status: 202, body: { strData: 'x' } });
    expect(await deployed('raw', { strData: 'teapot' })).toMatchObject({ status: 418 });
  });
});

describe('the server', () => {
  it('has the paths of a wrapper in its profile alone', async () => {
    expect((await fetch(`${daemon.inference}/predict`, { method: 'POST', body: '{}' })).status).toBe(404);
  });

  it('says which models there are, where a path names none', async () => {
    const { status, body } = await askSeldon(`${daemon.inference}/api/v1.0/predictions`, { strData: 'x' });
    expect([status, body]).toMatchObject([
      404,
      { status: { info: expect.stringMatching(/several models \(double, model, .*\/seldon\//) as string } },
    ]);
    expect((await deployed('nobody', {})).status).toBe(404);
  });

  it('answers for an ordinary model what needs no handler', async () => {
    const at = `${daemon.inference}/seldon/ns/double/api/v1.0`;
    const get = async (what: string) => (await fetch(`${at}/${what}`)).json() as Promise<object>;
    expect((await askSeldon(`${at}/feedback`, { reward: 1 })).body).toMatchObject({ data: { names: [], ndarray: [] } });
    expect(await get('health/status')).toMatchObject({ strData: 'healthy' });
    const inputs = [{ messagetype: 'tensor', schema: { names: ['x'], shape: [-1, 2] } }];
    expect(await get('metadata')).toMatchObject({
      name: 'double',
      models: { double: { name: 'double', inputs } },
      graphinputs: inputs,
    });
    expect(await get('metadata/double')).toMatchObject({ name: 'double', inputs });
    expect(await get('metadata/nobody')).toMatchObject({ status: { info: 'There is no component "nobody"' } });
    expect(await get('status')).toMatchObject({ strData: 'healthy' });
    expect(await get('status/double')).toMatchObject({ strData: 'healthy' });
    const short = (await fetch(`${daemon.inference}/seldon/double/api/v1.0/metadata/double`)).json();
    expect(await short).toMatchObject({ name: 'double' });
  });

  it('describes its paths as OpenAPI, and to people', async () => {
    const at = async (path: string) => fetch(`${daemon.inference}${path}`);
    for (const path of ['/seldon.json', '/api/v1.0/doc/seldon.json']) {
      const { paths } = (await (await at(path)).json()) as { paths: object };
      expect(Object.keys(paths)).toContain('/seldon/{namespace}/{model_name}/api/v1.0/predictions');
    }
    const page = await at('/api/v1.0/doc/');
    expect([page.headers.get('content-type'), await page.text()]).toEqual([
      'text/html; charset=utf-8',
      expect.stringContaining('/api/v1.0/feedback'),
    ]);
  });
});
