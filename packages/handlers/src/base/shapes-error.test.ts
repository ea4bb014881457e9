import { expect, it } from 'vitest';
import { buildModel, int64Bytes, type OnnxDim } from '../../../../test/fixtures/onnx-builder.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { testHandler } from '../testing.ts';

/** Two inputs whose sizes are open, and one operator on both. */
function pairModel(op: string, attributes = {}): Buffer {
  const value = (name: string, shape: readonly OnnxDim[]) => ({ name, type: 'float32', shape }) as const;
  return buildModel({
    inputs: [value('a', ['n', 'k']), value('b', ['m', 'l'])],
    outputs: [value('y', ['rows', 'columns'])],
    nodes: [{ op, inputs: ['a', 'b'], outputs: ['y'], attributes }],
  });
}

/** Pairs the elements of its input. */
const RESHAPE = buildModel({
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 'k'] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['m', 2] }],
  nodes: [{ op: 'Reshape', inputs: ['x', 'pairs'], outputs: ['y'] }],
  initializers: [{ name: 'pairs', type: 'int64', dims: [2], bytes: int64Bytes([-1, 2]) }],
});

async function ask(model: Uint8Array, row: unknown) {
  const modelDir = await modelFolder({ 'model.onnx': model });
  const options = { modelDir, serializedFile: 'model.onnx' };
  const { results } = await testHandler({ modelDir, handler: 'base_handler' }, [row], options);
  return results[0];
}

function matrix([rows, columns]: readonly [number, number]): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => 1));
}

it.each([
  ['Add', {}, [2, 2], [3, 2]],
  ['Mul', {}, [2, 2], [2, 3]],
  ['MatMul', {}, [2, 2], [3, 2]],
  ['Gemm', {}, [2, 2], [3, 2]],
  ['Concat', { axis: { int: 1 } }, [2, 2], [3, 2]],
] as const)('inputs of %s that do not fit together are the client’s', async (op, attributes, one, other) => {
  const row = { a: matrix(one), b: matrix(other) };
  expect(await ask(pairModel(op, attributes), row)).toMatchObject({
    name: 'PredictionError',
    status: 400,
    message: `Expected inputs whose shapes fit together (at its operator ${op}); got "a" [${one.join(', ')}], "b" [${other.join(', ')}]`,
  });
  expect(await ask(pairModel(op, attributes), { a: matrix([2, 2]), b: matrix([2, 2]) })).not.toBeInstanceOf(Error);
});

it('a size that the model cannot make a shape of is the client’s', async () => {
  expect(await ask(RESHAPE, matrix([1, 3]))).toMatchObject({
    status: 400,
    message: expect.stringContaining('"x" [1, 3]') as string,
  });
  expect(await ask(RESHAPE, matrix([1, 4]))).not.toBeInstanceOf(Error);
});
