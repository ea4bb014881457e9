import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../../test/fixtures/onnx-builder.ts';
import { BaseHandler } from '../../base/base-handler.ts';
import { createTensor } from '../../tensor/tensor.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler } from '../../testing.ts';

const DOMAIN = 'ai.onnx.ml';
/** An input for each feature, one of them a category: the price is the rate of a town times the size. */
const HOUSES = buildModel({
  inputs: [
    { name: 'town', type: 'string', shape: ['batch', 1] },
    { name: 'size', type: 'float32', shape: ['batch', 1] },
  ],
  outputs: [{ name: 'price', type: 'float32', shape: ['batch', 1] }],
  nodes: [
    {
      op: 'LabelEncoder',
      inputs: ['town'],
      outputs: ['code'],
      domain: DOMAIN,
      attributes: {
        keys_strings: { strings: ['Ulm', 'Kiel'] },
        values_int64s: { ints: [2, 5] },
        default_int64: { int: 0 },
      },
    },
    { op: 'Cast', inputs: ['code'], outputs: ['rate'], attributes: { to: { int: 1 } } },
    { op: 'Mul', inputs: ['rate', 'size'], outputs: ['price'] },
  ],
});
const FILES = { 'model.onnx': HOUSES, 'houses.csv': 'town,size\nUlm,10\nKiel,30\n' };

async function explain(row: unknown, explainer: object = {}) {
  const modelDir = await modelFolder(FILES);
  const modelConfig = { explainer: { method: 'kernel_shap', background: 'houses.csv', ...explainer } };
  const options = { modelDir, serializedFile: 'model.onnx', modelConfig, operation: 'explain' } as const;
  return (await testHandler(BaseHandler, [row], options)).results[0];
}

/** Knowing the town alone, it is worth 100, knowing the size alone 70, and knowing nothing 85. */
const VALUES = [[expect.closeTo(22.5, 6), expect.closeTo(-7.5, 6)]];

describe('a model with an input for each feature, of which one is a category,', () => {
  it.each([
    ['fields', { town: ['Kiel'], size: [20] }, false],
    ['a batch', { town: [['Kiel']], size: [[20]] }, true],
    ['tensors', { town: createTensor('string', [1, 1], ['Kiel']), size: createTensor('float32', [1, 1], [20]) }, true],
  ])('is explained for %s', async (_, row, isBatch) => {
    const found = (await explain(row)) as { explanations: unknown };
    const explanation = (isBatch ? (found.explanations as unknown[])[0] : found.explanations) as object;
    expect(explanation).toMatchObject({
      feature_names: ['town', 'size'],
      data: ['Kiel', 20],
      outputs: [100],
      base_values: [85],
      values: VALUES,
    });
  });

  it('has several samples in a batch', async () => {
    const found = await explain({ town: [['Kiel'], ['Ulm']], size: [[20], [10]] });
    expect(found).toMatchObject({ predictions: [[100], [20]], explanations: [{ outputs: [100] }, { outputs: [20] }] });
  });
});

it('a request without a sample is refused', async () => {
  const found = await explain({ town: createTensor('string', [0, 1], []), size: createTensor('float32', [0, 1], []) });
  expect(found).toMatchObject({
    status: 400,
    message: 'Expected samples to explain: as many values of each feature, and one at least',
  });
});
