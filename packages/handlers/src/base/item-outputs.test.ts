import { describe, expect, it } from 'vitest';
import { buildModel, type OnnxDim, type OnnxNode } from '../../../../test/fixtures/onnx-builder.ts';
import { serve } from '../test-support/serve.ts';

/** float32 x → what the nodes make of it: `y`, of the type and shape that the file says. */
function model(nodes: readonly OnnxNode[], shape: readonly OnnxDim[], type: 'float32' | 'int64' = 'float32'): Buffer {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2] }],
    outputs: [{ name: 'y', type, shape }],
    nodes,
  });
}

const NON_ZERO = model(
  [
    { op: 'NonZero', inputs: ['x'], outputs: ['places'] },
    { op: 'Transpose', inputs: ['places'], outputs: ['y'] },
  ],
  ['k', 2],
  'int64',
);

describe('an item, which came without the batch axis,', () => {
  it('is answered with the rank that the signature says, whatever the data', async () => {
    const rows = [[1, 1], [1, 0], [0, 0], [[1, 0]]];
    expect(await serve(NON_ZERO, rows)).toEqual([
      [
        [0, 0],
        [0, 1],
      ],
      [[0, 0]],
      [],
      [[0, 0]],
    ]);
  });

  it('is answered without it where the first axis of the output is the batch, however it is called', async () => {
    const renamed = model([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], [-1, 2]);
    expect(await serve(renamed, [[1, -1], [[1, -1]]])).toEqual([[1, 0], [[1, 0]]]);
  });

  it('is answered so by a model that mixes rows, too', async () => {
    const nodes: OnnxNode[] = [
      { op: 'DynamicQuantizeLinear', inputs: ['x'], outputs: ['q', 's', 'z'] },
      { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['y'] },
    ];
    expect(await serve(model(nodes, [-1, 2]), [[0, 255], [[0, 255]]])).toEqual([[0, 255], [[0, 255]]]);
  });

  it('is answered with all axes of an output that has no batch', async () => {
    const nodes: OnnxNode[] = [{ op: 'ReduceMax', inputs: ['x'], outputs: ['y'], attributes: { axes: { ints: [0] } } }];
    expect(await serve(model(nodes, [1, 2]), [[3, 4]])).toEqual([[[3, 4]]]);
  });
});
