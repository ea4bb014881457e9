import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../test/fixtures/onnx-builder.ts';
import { identityModel, zipMapModel } from '../../../../test/fixtures/onnx-models.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { createTensor } from '../tensor/tensor.ts';
import { testHandler } from '../testing.ts';

async function classify(model: Uint8Array, rows: unknown[], config: object = {}, files: Record<string, string> = {}) {
  const modelDir = await modelFolder({ 'model.onnx': model, ...files });
  const options = { serializedFile: 'model.onnx', modelConfig: { tabular_classifier: config } };
  return (await testHandler({ modelDir, handler: 'tabular_classifier' }, rows, options)).results;
}

/** One input for each column, as scikit-learn pipelines over data frames have it; the scores are [age, income]. */
function columnsModel(): Buffer {
  const column = (name: string) => ({ name, type: 'float32', shape: [-1, 1] }) as const;
  return buildModel({
    inputs: [column('age'), column('income')],
    outputs: [{ name: 'scores', type: 'float32', shape: [-1, 2] }],
    nodes: [{ op: 'Concat', inputs: ['age', 'income'], outputs: ['scores'], attributes: { axis: { int: 1 } } }],
  });
}

/** Its graph does not tell what its output is. */
const PROBABILITIES = identityModel({ shape: ['batch', 2] });
const GIVEN = { scores: 'probabilities' } as const;
const A = { label: 'a', probabilities: { a: 0.75, b: 0.25 } };
const B = { label: 'b', probabilities: { a: 0.25, b: 0.75 } };

describe('tabular_classifier', () => {
  it('gives label and probabilities; a list of samples gives a list', async () => {
    const rows = [
      [0.75, 0.25],
      [
        [0.75, 0.25],
        [0.25, 0.75],
      ],
    ];
    expect(await classify(PROBABILITIES, rows, { ...GIVEN, labels: ['a', 'b'] })).toEqual([A, [A, B]]);
  });

  it('takes objects by the names of the features, in any order', async () => {
    const config = { ...GIVEN, labels: ['a', 'b'], features: ['p', 'q'] };
    const rows = [
      { body: { q: 0.75, p: 0.25 } },
      [
        { p: 0.75, q: 0.25 },
        { p: 0.25, q: 0.75 },
      ],
    ];
    expect(await classify(PROBABILITIES, rows, config)).toEqual([B, [A, B]]);
  });

  it('takes lists that came as tensors, though the features have names', async () => {
    const config = { ...GIVEN, labels: ['a', 'b'], features: ['p', 'q'] };
    const one = createTensor('float32', [2], [0.75, 0.25]);
    const two = createTensor('float32', [2, 2], [0.75, 0.25, 0.25, 0.75]);
    expect(await classify(PROBABILITIES, [{ body: one }, { body: two }], config)).toEqual([A, [A, B]]);
  });

  it.each([[[]], [[1]]])(
    'takes cells that came as tensors of the shape %j, an input for each feature',
    async (shape) => {
      const cell = (value: number) => createTensor('float32', shape, [value]);
      const sample = { age: cell(0.75), income: cell(0.25) };
      const config = { ...GIVEN, labels: ['a', 'b'] };
      expect(await classify(columnsModel(), [{ body: sample }, [sample, sample]], config)).toEqual([A, [A, A]]);
    },
  );

  it('takes objects for a model that has an input for each feature', async () => {
    const config = { ...GIVEN, labels: ['a', 'b'] };
    const rows = [
      { body: { income: 0.75, age: 0.25 } },
      [
        { age: 0.75, income: 0.25 },
        { age: 0.25, income: 0.75 },
      ],
    ];
    expect(await classify(columnsModel(), rows, config)).toEqual([B, [A, B]]);
  });

  it('takes the names of the classes from index_to_name.json', async () => {
    expect(
      await classify(PROBABILITIES, [[0.25, 0.75]], GIVEN, { 'index_to_name.json': '{"0": "a", "1": "b"}' }),
    ).toEqual([B]);
  });

  it('uses the labels of a model that ends in ZipMap', async () => {
    const [result] = await classify(zipMapModel(['cat', 'dog']), [[0, 0]]);
    expect(result).toEqual({ label: 0, probabilities: { cat: 0.5, dog: 0.5 } });
  });

  it('computes the softmax of logits', async () => {
    expect(await classify(PROBABILITIES, [[3, 3]], { scores: 'logits' })).toEqual([
      { label: 0, probabilities: { 0: 0.5, 1: 0.5 } },
    ]);
  });

  it('reads all rows in one way, whatever their values are', async () => {
    const rows = [
      [0.25, 0.75],
      [0.5, 0.4],
      [3, -1],
    ];
    expect(await classify(PROBABILITIES, rows)).toEqual([
      { label: 1, scores: { 0: 0.25, 1: 0.75 } },
      { label: 0, scores: { 0: 0.5, 1: expect.closeTo(0.4, 6) as number } },
      { label: 0, scores: { 0: 3, 1: -1 } },
    ]);
  });

  it('takes a single probability for that of the second class', async () => {
    const model = identityModel({ shape: ['batch', 1] });
    expect(await classify(model, [[0.75], [0.5]], { ...GIVEN, labels: ['no', 'yes'] })).toEqual([
      { label: 'yes', probabilities: { no: 0.25, yes: 0.75 } },
      { label: 'no', probabilities: { no: 0.5, yes: 0.5 } },
    ]);
  });

  it('takes a single logit for that of the second class, when told that it is one', async () => {
    const model = identityModel({ shape: ['batch', 1] });
    expect(await classify(model, [[0]], { scores: 'logits' })).toEqual([
      { label: 0, probabilities: { 0: 0.5, 1: 0.5 } },
    ]);
    await expect(classify(model, [[0]])).rejects.toThrow('"y" float32 [batch, 1] is made by Identity');
  });

  it('lets several classes hold when told so', async () => {
    const rows = [[1, -1], [[2, 3]]];
    expect(await classify(PROBABILITIES, rows, { scores: 'logits', multilabel: true, labels: ['a', 'b'] })).toEqual([
      {
        labels: ['a'],
        probabilities: { a: expect.closeTo(0.731, 3) as number, b: expect.closeTo(0.269, 3) as number },
      },
      [expect.objectContaining({ labels: ['a', 'b'] })],
    ]);
    expect(await classify(PROBABILITIES, [[1, -1]], { scores: 'margins', multilabel: true })).toEqual([
      { labels: [0], scores: { 0: 1, 1: -1 } },
    ]);
  });

  it('gives only the label when the model gives no more', async () => {
    expect(
      await classify(identityModel({ type: 'int64', shape: ['batch'] }), [1, [0, 1]], { labels: ['a', 'b'] }),
    ).toEqual([{ label: 'b' }, [{ label: 'a' }, { label: 'b' }]]);
  });

  it.each<[string, unknown, string]>([
    ['a missing feature', { body: { p: 1 } }, 'Expected the features "p", "q"; got missing "q"'],
    ['an unknown feature', { body: { p: 1, q: 2, r: 3 } }, 'got unknown "r"'],
    ['text for a number', { body: { p: 1, q: 'x' } }, 'got "x" at [1]'],
    ['too few numbers', [1], 'got shape [1]'],
    ['no body', {}, 'got no body'],
  ])("answers %s with 400, and other rows don't suffer", async (_, row, message) => {
    const [bad, good] = await classify(PROBABILITIES, [row, [0.75, 0.25]], {
      ...GIVEN,
      features: ['p', 'q'],
      labels: ['a', 'b'],
    });
    expect(bad).toMatchObject({
      name: 'PredictionError',
      status: 400,
      message: expect.stringContaining(message) as string,
    });
    expect(good).toEqual(A);
  });

  it('asks for the order of the features when it gets objects without knowing it', async () => {
    const [error] = await classify(PROBABILITIES, [{ body: { p: 1, q: 2 } }]);
    expect(error).toMatchObject({
      status: 400,
      message: expect.stringContaining('tabular_classifier.features') as string,
    });
  });

  it('does not start with a model that is no classifier', async () => {
    await expect(classify(identityModel({ shape: ['b', 2, 2] }), [])).rejects.toThrow(
      'this model has "y" float32 [b, 2, 2]',
    );
  });

  it('does not start with a wrong config', async () => {
    await expect(classify(PROBABILITIES, [], { features: 'p' })).rejects.toThrow(
      'tabular_classifier.features must be a list, got "p"',
    );
  });

  it('does not start with a name that two classes have', async () => {
    const names = { 'index_to_name.json': '["a", "a"]' };
    await expect(classify(PROBABILITIES, [], GIVEN, names)).rejects.toThrow(
      'index_to_name.json must have a name of its own for each class, got "a" twice',
    );
  });

  it.skipIf(!hasSharedData)(
    `gives what a forest gives, also 1.0000001 and less than 0${NEEDS_SHARED_DATA}`,
    async () => {
      const { results } = await testHandler(
        { modelDir: join(SHARED_DATA, 'faults'), handler: 'tabular_classifier' },
        [[24, 25]],
        {
          serializedFile: 'rf_negative_zero.onnx',
        },
      );
      expect(results).toEqual([
        { label: 'skip', probabilities: { buy: -1.1920928955078125e-7, skip: 1.0000001192092896 } },
      ]);
    },
  );

  it.skipIf(!hasSharedData)(`classifies irises with scikit-learn's SVC${NEEDS_SHARED_DATA}`, async () => {
    const features = ['sepal length', 'sepal width', 'petal length', 'petal width'];
    const rows = [
      [5.1, 3.5, 1.4, 0.2],
      { body: Object.fromEntries(features.map((name, index) => [name, [6.3, 3.3, 6, 2.5][index]])) },
    ];
    const { results } = await testHandler({ modelDir: SHARED_DATA, handler: 'tabular_classifier' }, rows, {
      serializedFile: 'iris_svc.onnx',
      modelConfig: { tabular_classifier: { features } },
    });
    const answers = results as { label: number; probabilities: Record<number, number> }[];
    expect(answers.map(({ label }) => label)).toEqual([0, 2]);
    expect(answers.map(({ probabilities }) => Object.keys(probabilities))).toEqual([
      ['0', '1', '2'],
      ['0', '1', '2'],
    ]);
    expect(answers[0]?.probabilities[0]).toBeGreaterThan(0.9);
  });
});
