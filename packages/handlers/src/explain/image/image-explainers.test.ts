import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { buildModel, floatBytes } from '../../../../../test/fixtures/onnx-builder.ts';
import { BaseHandler } from '../../base/base-handler.ts';
import type { Row } from '../../handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler, type TestedHandler } from '../../testing.ts';
import { ImageClassifier } from '../../vision/image-classifier.ts';
import { ExplainedImage, imageAxes } from './explained-image.ts';
import { wantsPicture } from './wants-picture.ts';
import { segmentsOf } from './segments.ts';

const FIXTURES = new URL('../../../../../test/fixtures/explainers/', import.meta.url);
const DIGITS = await readFile(new URL('digits.onnx', FIXTURES));
const DIGIT = await readFile(new URL('digit.png', FIXTURES));

const go = () => Promise.resolve();

const SIDE = 16;
/** How bright the upper left corner of a grey image is, against how bright the lower right one is. */
const CORNERS = buildModel({
  inputs: [{ name: 'image', type: 'float32', shape: ['batch', 1, SIDE, SIDE] }],
  outputs: [{ name: 'probabilities', type: 'float32', shape: ['batch', 2] }],
  nodes: [
    { op: 'Flatten', inputs: ['image'], outputs: ['pixels'], attributes: { axis: { int: 1 } } },
    { op: 'MatMul', inputs: ['pixels', 'weights'], outputs: ['scores'] },
    { op: 'Softmax', inputs: ['scores'], outputs: ['probabilities'], attributes: { axis: { int: 1 } } },
  ],
  initializers: [{ name: 'weights', type: 'float32', dims: [SIDE * SIDE, 2], bytes: floatBytes(weights()) }],
});

function weights(): number[] {
  return Array.from({ length: SIDE * SIDE }, (_, pixel) => {
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    return [x < 4 && y < 4 ? 0.2 : 0, x >= 12 && y >= 12 ? 0.2 : 0];
  }).flat();
}

/** Bright in the upper left corner, grey elsewhere. */
const PIXELS = Array.from({ length: SIDE * SIDE }, (_, pixel) => (pixel % SIDE < 4 && pixel < 4 * SIDE ? 255 : 60));
const PICTURE = await sharp(Uint8Array.from(PIXELS), { raw: { width: SIDE, height: SIDE, channels: 1 } })
  .png()
  .toBuffer();

interface Setting {
  readonly model?: Uint8Array;
  readonly handler?: TestedHandler;
  readonly headers?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

async function explain(rows: readonly unknown[], explainer: object, setting: Setting = {}) {
  const { model = CORNERS, handler = ImageClassifier, headers, files } = setting;
  const modelDir = await modelFolder({ 'model.onnx': model, ...files });
  const options = {
    modelDir,
    serializedFile: 'model.onnx',
    modelConfig: { explainer },
    operation: 'explain',
    ...(headers && { headers }),
  } as const;
  return testHandler(handler, rows, options);
}

interface Explanation {
  readonly values: readonly number[][];
  readonly segments: readonly number[][];
  readonly outputs: readonly number[];
  readonly output_names: readonly string[];
  readonly fits: readonly number[];
  readonly seed: number;
}

async function explanationOf(explainer: object, setting: Setting = {}): Promise<Explanation> {
  const { results } = await explain([PICTURE], explainer, setting);
  if (results[0] instanceof Error) throw results[0];
  return (results[0] as { explanations: Explanation }).explanations;
}

describe('occlusion', () => {
  it('finds the part of the image without which the score falls', async () => {
    const { results } = await explain([PICTURE], { method: 'occlusion', window: 4, stride: 4 });
    const falls = { asymmetricMatch: (value: unknown) => Number(value) > 0.1 };
    // What was grey becomes a little brighter, and nobody looks there.
    const none = expect.closeTo(0, 2) as number;
    const last = { asymmetricMatch: (value: unknown) => Number(value) < 0.2 };
    expect(results).toEqual([
      {
        predictions: { 0: expect.closeTo(0.9, 0) as number, 1: expect.anything() as number },
        explanations: {
          method: 'occlusion',
          parameters: { window: 4, stride: 4, fill: 'mean' },
          seed: 0,
          width: SIDE,
          height: SIDE,
          output_names: ['0'],
          outputs: [expect.anything()],
          windows: { x: [0, 4, 8, 12], y: [0, 4, 8, 12] },
          values: [
            [
              [falls, none, none, none],
              [none, none, none, none],
              [none, none, none, none],
              [none, none, none, last],
            ],
          ],
        },
      },
    ]);
  });

  it('covers the last pixels whatever the stride is, and explains all classes where that is asked for', async () => {
    const found = await explanationOf({ method: 'occlusion', window: 5, stride: 3, classes: 'all', fill: 'zero' });
    expect(found).toMatchObject({ windows: { x: [0, 3, 6, 9, 11], y: [0, 3, 6, 9, 11] }, output_names: ['0', '1'] });
    expect(found.values.map((rows) => [rows.length, (rows[0] as unknown as number[]).length])).toEqual([
      [5, 5],
      [5, 5],
    ]);
  });
});

describe('lime_image', () => {
  it.each(['grid', 'slic'])('gives the part that counts the most: %s', async (segmentation) => {
    const found = await explanationOf({ method: 'lime_image', segmentation, segments: 16, samples: 300, fill: 'zero' });
    const [values = []] = found.values;
    const best = values.indexOf(Math.max(...values));
    expect(found.segments[1]?.[1]).toBe(best);
    expect(found.segments[8]?.[8]).not.toBe(best);
    expect(values[best]).toBeGreaterThan(0.2);
    expect(found.fits[0]).toBeGreaterThan(0.7);
  });

  it('is the same for a seed', async () => {
    const withSeed = (seed: number) => explanationOf({ method: 'lime_image', samples: 50, seed }, { model: CORNERS });
    const [one, again, other] = [await withSeed(1), await withSeed(1), await withSeed(2)];
    expect(again).toEqual(one);
    expect(other.values).not.toEqual(one.values);
    expect(other.segments).toEqual(one.segments);
  });

  it('explains the best of all classes, though topk answers some alone', async () => {
    const options = { method: 'lime_image', samples: 200, classes: 'all' };
    const modelDir = await modelFolder({ 'model.onnx': DIGITS });
    const modelConfig = { image_classifier: { topk: 2 }, explainer: options };
    const { results } = await testHandler(ImageClassifier, [DIGIT], {
      modelDir,
      serializedFile: 'model.onnx',
      modelConfig,
      operation: 'explain',
    });
    const [{ predictions, explanations }] = results as [{ predictions: object; explanations: Explanation }];
    expect(Object.keys(predictions)).toContain('7');
    expect(explanations.output_names).toHaveLength(10);
    expect(explanations.outputs.indexOf(Math.max(...explanations.outputs))).toBe(7);
    expect(explanations.values).toHaveLength(10);
  });
});

describe('a picture', () => {
  it.each([
    { method: 'occlusion', window: 4, fill: 'zero' },
    { method: 'lime_image', samples: 100, fill: 'zero' },
  ])('is answered where it is accepted: $method', async (explainer) => {
    const { results, responses } = await explain([PICTURE], explainer, { headers: { Accept: 'image/png' } });
    expect(responses[0]?.contentType).toBe('image/png');
    const { data, info } = await sharp(results[0] as Buffer)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([224, 224, 3]);
    const at = (x: number, y: number) => [...data.subarray(3 * (y * 224 + x), 3 * (y * 224 + x) + 3)];
    const [red = 0, green = 0] = at(10, 10);
    expect(red - green).toBeGreaterThan(80);
    const [other = 0, grey = 0] = at(112, 112);
    expect(Math.abs(other - grey)).toBeLessThan(40);
  });

  it.each([
    ['image/png', true],
    ['application/json;q=0.5, image/*', true],
    ['image/png;q=0.9', true],
    ['*/*', false],
    ['image/pngx', false],
    [undefined, false],
  ])('is wanted by Accept %j: %s', (accept, expected) => {
    expect(wantsPicture(accept)).toBe(expected);
  });
});

describe('a handler of the author', () => {
  it('is explained by its stages', async () => {
    class Own extends BaseHandler {
      override preprocess(rows: Row[]) {
        return rows.map(
          () =>
            ({
              type: 'float32',
              shape: [1, SIDE, SIDE],
              data: Float32Array.from(PIXELS, (byte) => byte / 255),
            }) as const,
        );
      }
    }
    const found = await explanationOf({ method: 'occlusion', window: 4 }, { handler: Own });
    expect(found.output_names).toEqual(['0']);
    const { results } = await explain(
      [PICTURE],
      { method: 'occlusion' },
      { handler: Own, headers: { accept: 'image/png' } },
    );
    expect(await sharp(results[0] as Buffer).metadata()).toMatchObject({ format: 'png', width: 224 });
  });

  it.each(['occlusion', 'lime_image'])('may have several images a row, by %s', async (method) => {
    const data = Float32Array.from([...PIXELS, ...PIXELS.toReversed()], (byte) => byte / 255);
    const images = { type: 'float32', shape: [2, 1, SIDE, SIDE], data };
    const explainer = { method, ...(method === 'lime_image' && { samples: 20 }) };
    const { results } = await explain([{ image: images }], explainer, { handler: BaseHandler });
    expect(results).toMatchObject([{ explanations: [{ output_names: ['0'] }, { output_names: ['1'] }] }]);
    const setting = { handler: BaseHandler, headers: { accept: 'image/png' } };
    expect((await explain([{ image: images }], explainer, setting)).results).toMatchObject([
      { status: 406, message: 'Expected one image, of which a picture is the whole answer, got 2: accept JSON' },
    ]);
  });

  it.each([
    ['no image', new Float32Array(0), [0, 1, SIDE, SIDE], '; got 0 of 16 × 16'],
    ['numbers that are none', new Float32Array(SIDE * SIDE).fill(NaN), [1, 1, SIDE, SIDE], 'got NaN as "0"'],
  ])('has %s: a client’s error', async (_, data, shape, message) => {
    for (const method of ['occlusion', 'lime_image']) {
      const rows = [{ image: { type: 'float32', shape, data } }];
      const { results } = await explain(rows, { method }, { handler: BaseHandler });
      expect(results).toMatchObject([{ status: 400, message: expect.stringContaining(message) as unknown }]);
    }
  });
});

describe('a model is not loaded', () => {
  const problemOf = (explainer: object, setting: Setting = {}) =>
    explain([], explainer, setting).then(
      () => undefined,
      (error: Error) => error.message,
    );

  it('of tables', async () => {
    const model = await readFile(new URL('iris-forest.onnx', FIXTURES));
    const problem = await problemOf({ method: 'occlusion' }, { model, handler: BaseHandler });
    expect(problem).toContain(
      'expected a model with one input of images, of 4 dimensions; got "X" float32 [?, 4]. For tables there are kernel_shap',
    );
    expect(
      await problemOf({ method: 'kernel_shap', background: 'b.json' }, { files: { 'b.json': '[[1]]' } }),
    ).toContain('For images there are occlusion and lime_image');
  });

  it.each([
    [{ method: 'occlusion', samples: 3 }, 'unknown key explainer.samples'],
    [{ method: 'occlusion', fill: 'segment' }, 'explainer.fill must be one of mean, zero, got "segment"'],
    [{ method: 'lime_image', kernel_width: 0 }, 'explainer.kernel_width must be a number above 0, got 0'],
    [{ method: 'lime_image', segmentation: 'felzenszwalb' }, 'explainer.segmentation must be one of grid, slic'],
  ])('with %j', async (explainer, problem) => {
    expect(await problemOf(explainer)).toContain(problem);
  });
});

describe('parts of an image', () => {
  const spec = { name: 'image', type: 'float32', shape: [1, 8, 12, 3] } as const;
  /** A left half in red, a right one in blue. */
  const halves = Float32Array.from({ length: 8 * 12 * 3 }, (_, index) => {
    const [channel, x] = [index % 3, Math.floor(index / 3) % 12];
    return Number(channel === (x < 5 ? 0 : 2));
  });
  const image = new ExplainedImage(
    { type: 'float32', shape: [1, 8, 12, 3], data: halves },
    imageAxes(spec, spec.shape),
  );

  it('of a grid are of one size', async () => {
    const segments = await segmentsOf(image, { kind: 'grid', count: 6 }, go);
    expect(Math.max(...segments)).toBe(5);
    expect(segments.filter((segment) => segment === 0)).toHaveLength(16);
  });

  it('of superpixels keep to edges', async () => {
    const segments = await segmentsOf(image, { kind: 'slic', count: 6 }, go);
    const left = new Set(segments.filter((_, pixel) => pixel % 12 < 5));
    const right = new Set(segments.filter((_, pixel) => pixel % 12 >= 5));
    expect([...left].filter((segment) => right.has(segment))).toEqual([]);
    expect([left.size > 1, right.size > 1]).toEqual([true, true]);
  });

  it('are covered in the layout that the model takes', () => {
    const covered = image.covered((pixel) => pixel === 0, image.fill('zero', []));
    expect(covered).toMatchObject({ shape: [1, 8, 12, 3] });
    expect(covered.data.slice(0, 6)).toEqual(Float32Array.of(0, 0, 0, 1, 0, 0));
    const mean = image.fill('mean', image.planes[0] ?? []);
    expect(mean.map(([first]) => first)).toEqual([expect.closeTo(5 / 12, 6), 0, expect.closeTo(7 / 12, 6)]);
  });
});
