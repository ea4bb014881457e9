import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../../../test/fixtures/onnx-builder.ts';
import { BaseHandler } from '../../base/base-handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler } from '../../testing.ts';

describe('images of any size', () => {
  /** Takes all: how bright they are. */
  const BRIGHTNESS = buildModel({
    inputs: [{ name: 'image', type: 'float32', shape: ['n', 3, 'h', 'w'] }],
    outputs: [{ name: 'scores', type: 'float32', shape: ['n', 3] }],
    nodes: [
      {
        op: 'ReduceMean',
        inputs: ['image'],
        outputs: ['scores'],
        attributes: { axes: { ints: [2, 3] }, keepdims: { int: 0 } },
      },
    ],
  });
  const explainSize = async (width: number, height: number, explainer: object, headers = {}) => {
    const data = Float32Array.from({ length: 3 * width * height }, (_, index) => (index % 7) / 7);
    const rows = [{ image: { type: 'float32', shape: [1, 3, height, width], data } }];
    const modelDir = await modelFolder({ 'model.onnx': BRIGHTNESS });
    const options = { modelDir, serializedFile: 'model.onnx', modelConfig: { explainer }, headers } as const;
    const { results } = await testHandler(BaseHandler, rows, { ...options, operation: 'explain' });
    return results[0];
  };

  it.each([
    [1, 1],
    [1, 9],
    [40, 1],
  ])('are explained: %d × %d', async (width, height) => {
    for (const explainer of [{ method: 'occlusion' }, { method: 'lime_image', samples: 10 }]) {
      const found = await explainSize(width, height, explainer);
      expect(found).toMatchObject({ explanations: [{ width, height }] });
      expect(JSON.stringify(found)).not.toContain('null');
      expect(
        await sharp((await explainSize(width, height, explainer, { accept: 'image/png' })) as Buffer).metadata(),
      ).toMatchObject({ format: 'png' });
    }
  });

  it('but for very large ones', async () => {
    expect(await explainSize(3000, 1500, { method: 'lime_image' })).toMatchObject({
      status: 400,
      message: expect.stringContaining('got 1 of 3000 × 1500') as unknown,
    });
  });

  it('are covered by so many windows as there is room for', async () => {
    expect(await explainSize(400, 300, { method: 'occlusion', window: 1, stride: 1 })).toMatchObject({
      status: 400,
      message:
        'occlusion: expected at most 100000 windows, got 120000 in 400 × 300 pixels, 1 apart: set a larger explainer.stride in the model config',
    });
  });
});
