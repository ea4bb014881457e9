import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { buildModel, floatBytes, int64Bytes } from '../../../../test/fixtures/onnx-builder.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { readModel } from './graph.ts';
import { readSkeleton } from './model-skeleton.ts';

const EXPORTS = fileURLToPath(new URL('../../../../test/fixtures/exports/', import.meta.url));

/** 4 MB of weights as an initializer, as many in a Constant, and 30,000 nodes. */
function largeModel(): Buffer {
  const bytes = floatBytes(Array.from({ length: 2 ** 20 }, () => 1));
  const value = { tensor: { name: '', type: 'float32', dims: [2 ** 20], bytes } } as const;
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2 ** 20] }],
    outputs: [{ name: 'y', type: 'float32', shape: ['batch', 2 ** 20] }],
    nodes: [
      { op: 'Constant', inputs: [], outputs: ['c'], attributes: { value } },
      { op: 'Mul', inputs: ['x', 'w'], outputs: ['v0'] },
      ...Array.from({ length: 30_000 }, (_, index) => ({
        op: 'Neg',
        inputs: [`v${index}`],
        outputs: [`v${index + 1}`],
      })),
      { op: 'Add', inputs: ['v30000', 'c'], outputs: ['y'] },
    ],
    initializers: [
      { name: 'w', type: 'float32', dims: [2 ** 20], bytes },
      { name: 'shape', type: 'int64', dims: [2], bytes: int64Bytes([0, -1]) },
    ],
  });
}

describe('readSkeleton', () => {
  it.each(readdirSync(EXPORTS).filter((name) => name.endsWith('.onnx')))('leaves %s as it is', (name) => {
    expect(Buffer.from(readSkeleton(join(EXPORTS, name)))).toEqual(readFileSync(join(EXPORTS, name)));
  });

  it('leaves the elements of large tensors out, and nothing else', async () => {
    const model = largeModel();
    const path = join(await modelFolder({ 'model.onnx': model }), 'model.onnx');
    const skeleton = readSkeleton(path);
    expect(model.length - skeleton.length).toBeGreaterThan(2 * 2 ** 22);
    const [left, whole] = [readModel(skeleton).graph, readModel(model).graph];
    expect(left.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs])).toEqual(
      whole.nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs]),
    );
    expect(left.initializers.get('w')).toMatchObject({ name: 'w', type: 1, dims: [2 ** 20] });
    expect(left.initializers.get('w')?.numbers()).toBeUndefined();
    expect(left.initializers.get('shape')?.numbers()).toEqual([0, -1]);
    expect(left.nodes[0]?.constant('value')?.dims).toEqual([2 ** 20]);
  });

  it('refuses a file that ends too early', async () => {
    const path = join(await modelFolder({ 'model.onnx': largeModel().subarray(0, 3 * 2 ** 20) }), 'model.onnx');
    expect(() => readSkeleton(path)).toThrow(Error);
  });
});
