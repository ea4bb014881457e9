/** Which values `image_classifier` takes for logits: those of a linear layer behind which nothing sets bounds. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { buildModel, floatBytes, int64Bytes } from '../../../../test/fixtures/onnx-builder.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { testHandler } from '../testing.ts';

/** Operators of one input, in their order; behind a mean of each channel. */
function networkModel(operators: readonly string[]): Buffer {
  const names = ['mean', ...operators.slice(1).map((_, index) => `value${index}`), 'scores'];
  const second: Readonly<Record<string, string>> = {
    MatMul: 'weights',
    Gemm: 'weights',
    Add: 'bias',
    Mul: 'bias',
    Reshape: 'form',
  };
  return buildModel({
    inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 8, 8] }],
    outputs: [{ name: 'scores', type: 'float32', shape: [1, 3] }],
    nodes: [
      {
        op: 'ReduceMean',
        inputs: ['image'],
        outputs: ['mean'],
        attributes: { axes: { ints: [2, 3] }, keepdims: { int: 0 } },
      },
      ...operators.map((op, index) => {
        const inputs = [names[index] ?? '', ...(second[op] === undefined ? [] : [second[op]])];
        return { op, inputs, outputs: [names[index + 1] ?? ''] };
      }),
    ],
    initializers: [
      { name: 'weights', type: 'float32', dims: [3, 3], bytes: floatBytes(Array.from({ length: 9 }, () => 0)) },
      { name: 'bias', type: 'float32', dims: [3], bytes: floatBytes([1, 1, 1]) },
      { name: 'form', type: 'int64', dims: [2], bytes: int64Bytes([1, 3]) },
    ],
  });
}

const LOGITS = [
  ['Gemm'],
  ['MatMul'],
  ['MatMul', 'Add'],
  ['Tanh', 'Gemm'],
  ['MatMul', 'Relu', 'Reshape'],
  ['Gemm', 'Mul', 'Flatten', 'Identity'],
];
/** What has bounds, or nothing that tells. */
const BOUNDED = [['MatMul', 'Tanh'], ['Gemm', 'HardSigmoid', 'Mul'], ['Abs'], ['Gemm', 'Softmax', 'Tanh'], ['Mul']];

async function classify(operators: readonly string[]) {
  const background = { r: 0, g: 0, b: 0 };
  const image = await sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();
  const modelDir = await modelFolder({ 'model.onnx': networkModel(operators) });
  const { results, logs } = await testHandler({ modelDir, handler: 'image_classifier' }, [image], {
    serializedFile: 'model.onnx',
  });
  return { result: results[0], warnings: logs.flatMap(({ level, message }) => (level === 'warn' ? [message] : [])) };
}

describe('image_classifier', () => {
  it.each(LOGITS.map((operators) => [operators.join(', '), operators] as const))(
    'computes the softmax of what a network gives that ends in %s',
    async (_, operators) => {
      const third = expect.closeTo(1 / 3, 5) as number;
      expect(await classify(operators)).toEqual({ result: { 0: third, 1: third, 2: third }, warnings: [] });
    },
  );

  it.each(BOUNDED.map((operators) => [operators.join(', '), operators] as const))(
    'answers scores, and says so, for one that ends in %s',
    async (_, operators) => {
      const { result, warnings } = await classify(operators);
      expect(Object.keys(result as object)).toEqual(['scores']);
      expect(warnings).toEqual([
        expect.stringMatching(
          new RegExp(`answers scores, not probabilities.*\\(${operators.at(-1)}\\).*image_classifier\\.scores$`),
        ),
      ]);
    },
  );
});
