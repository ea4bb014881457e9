import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxDim,
  type OnnxType,
} from '../../../../test/fixtures/onnx-builder.ts';
import { identityModel } from '../../../../test/fixtures/onnx-models.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { argmax } from '../classifier/scores.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { testHandler } from '../testing.ts';

/** Scores = the mean of each channel of the image: red, green, blue. */
function meanColourModel(shape: readonly OnnxDim[] = ['batch', 3, 8, 8], type: OnnxType = 'float32'): Buffer {
  const axes = shape[1] === 3 ? [2, 3] : [1, 2];
  return buildModel({
    inputs: [{ name: 'image', type, shape }],
    outputs: [{ name: 'scores', type: 'float32', shape: [shape[0] ?? -1, 3] }],
    nodes: [
      { op: 'Cast', inputs: ['image'], outputs: ['floats'], attributes: { to: { int: 1 } } },
      {
        op: 'ReduceMean',
        inputs: ['floats'],
        outputs: ['scores'],
        attributes: { axes: { ints: axes }, keepdims: { int: 0 } },
      },
    ],
  });
}

/** What a detector has: boxes, and what is in them. */
function boxesModel(): Buffer {
  return buildModel({
    inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 8, 8] }],
    outputs: [
      { name: 'boxes', type: 'float32', shape: [1, -1, 4] },
      { name: 'labels', type: 'int64', shape: [-1] },
    ],
    nodes: [
      { op: 'Reshape', inputs: ['image', 'four'], outputs: ['boxes'] },
      { op: 'Shape', inputs: ['boxes'], outputs: ['labels'] },
    ],
    initializers: [{ name: 'four', type: 'int64', dims: [3], bytes: int64Bytes([1, -1, 4]) }],
  });
}

/** Scores that do not depend on the image, or what an operator makes of them. */
function constantModel(scores: readonly number[], operator?: 'Softmax' | 'LogSoftmax' | 'Sigmoid'): Buffer {
  return buildModel({
    inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 8, 8] }],
    outputs: [{ name: 'scores', type: 'float32', shape: [1, scores.length] }],
    nodes: [
      {
        op: 'ReduceMean',
        inputs: ['image'],
        outputs: ['mean'],
        attributes: { axes: { ints: [1, 2, 3] }, keepdims: { int: 0 } },
      },
      { op: 'Mul', inputs: ['mean', 'zero'], outputs: ['nought'] },
      { op: 'Add', inputs: ['nought', 'constant'], outputs: [operator === undefined ? 'scores' : 'logits'] },
      ...(operator === undefined ? [] : [{ op: operator, inputs: ['logits'], outputs: ['scores'] }]),
    ],
    initializers: [
      { name: 'zero', type: 'float32', dims: [1], bytes: floatBytes([0]) },
      { name: 'constant', type: 'float32', dims: [1, scores.length], bytes: floatBytes(scores) },
    ],
  });
}

const plain = (red: number, green: number, blue: number): Promise<Buffer> =>
  sharp({ create: { width: 20, height: 10, channels: 3, background: { r: red, g: green, b: blue } } })
    .png()
    .toBuffer();

async function classify(model: Uint8Array, rows: unknown[], config: object = {}, files: Record<string, string> = {}) {
  const modelDir = await modelFolder({ 'model.onnx': model, ...files });
  const options = { serializedFile: 'model.onnx', modelConfig: { image_classifier: config } };
  return (await testHandler({ modelDir, handler: 'image_classifier' }, rows, options)).results;
}

const RAW = { mean: 0, std: 1, softmax: false } as const;
const NAMES = { 'index_to_name.json': '{"0": "red", "1": ["n1", "green"], "2": "blue"}' };

describe('image_classifier', () => {
  it('gives the best classes by name, the most probable first', async () => {
    const [first, second] = await classify(
      meanColourModel(),
      [await plain(0, 255, 51), { data: await plain(255, 0, 0) }],
      { ...RAW, topk: 2 },
      NAMES,
    );
    expect(Object.entries(first as object)).toEqual([
      ['green', 1],
      ['blue', expect.closeTo(0.2, 5)],
    ]);
    expect(Object.keys(second as object)[0]).toBe('red');
  });

  it('normalizes as for ImageNet, unless told otherwise', async () => {
    const [result] = await classify(meanColourModel(), [await plain(255, 255, 255)], { softmax: false }, NAMES);
    expect(result).toEqual({
      red: expect.closeTo(0.515 / 0.229, 4),
      green: expect.closeTo(0.544 / 0.224, 4),
      blue: expect.closeTo(0.594 / 0.225, 4),
    });
  });

  it.each<[string, Buffer, object, unknown]>([
    ['nhwc', meanColourModel([1, 8, 8, 3]), RAW, { red: 1, green: 0, blue: 0 }],
    ['bgr', meanColourModel(), { ...RAW, channels: 'bgr' }, { red: 0, green: 0, blue: 1 }],
    [
      'bytes for a model that takes bytes',
      meanColourModel([1, 8, 8, 3], 'uint8'),
      RAW,
      { red: 255, green: 0, blue: 0 },
    ],
    ['float16', meanColourModel(['n', 3, 8, 8], 'float16'), RAW, { red: 1, green: 0, blue: 0 }],
    ['a scale', meanColourModel(), { ...RAW, scale: 1 }, { red: 255, green: 0, blue: 0 }],
    [
      'a size of its own for a model that takes any',
      meanColourModel(['n', 3, 'h', 'w']),
      { ...RAW, size: [4, 6], resize: 7 },
      { red: 1, green: 0, blue: 0 },
    ],
  ])('can give the model %s', async (_, model, config, expected) => {
    expect(await classify(model, [await plain(255, 0, 0)], config, NAMES)).toEqual([expected]);
  });

  it('stretches the whole image when told to, else cuts the centre out', async () => {
    const halves = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#f00' } })
      .composite([{ input: { create: { width: 4, height: 10, channels: 3, background: '#00f' } }, left: 0, top: 0 }])
      .png()
      .toBuffer();
    expect(await classify(meanColourModel(), [halves], RAW, NAMES)).toEqual([{ red: 1, green: 0, blue: 0 }]);
    const [stretched] = await classify(meanColourModel(), [halves], { ...RAW, resize: 'stretch' }, NAMES);
    expect(stretched).toMatchObject({ blue: expect.closeTo(0.2, 1) as number });
  });

  it('computes the softmax of values of which nothing is known only when told to', async () => {
    const image = await plain(0, 0, 0);
    expect(await classify(constantModel([0.25, 0.75]), [image])).toEqual([{ scores: { 1: 0.75, 0: 0.25 } }]);
    const [logits] = await classify(constantModel([0.25, 0.75]), [image], { scores: 'logits' });
    expect(logits).toEqual({ 0: expect.closeTo(0.378, 3) as number, 1: expect.closeTo(0.622, 3) as number });
    expect(await classify(constantModel([0.25, 0.75]), [image], { softmax: true })).toEqual([logits]);
  });

  it('leaves probabilities as they are, where the graph or the config says that they are some', async () => {
    const image = await plain(0, 0, 0);
    const asTheyAre = [{ 0: 0.25, 1: 0.75 }];
    expect(await classify(constantModel([0.25, 0.75]), [image], { scores: 'probabilities' })).toEqual(asTheyAre);
    expect(await classify(constantModel([0.25, 0.75]), [image], { softmax: false })).toEqual(asTheyAre);
    const [softmax] = await classify(constantModel([0, Math.log(3)], 'Softmax'), [image]);
    expect(softmax).toEqual({ 0: expect.closeTo(0.25, 5) as number, 1: expect.closeTo(0.75, 5) as number });
    const [logarithms] = await classify(constantModel([0, Math.log(3)], 'LogSoftmax'), [image]);
    expect(logarithms).toEqual({ 0: expect.closeTo(0.25, 5) as number, 1: expect.closeTo(0.75, 5) as number });
  });

  it('answers one sigmoid with both classes, and several with all that hold', async () => {
    const image = await plain(0, 0, 0);
    const names = { 'index_to_name.json': '["cat", "dog", "fox"]' };
    const [one] = await classify(constantModel([Math.log(3)], 'Sigmoid'), [image], {}, names);
    expect(Object.entries(one as object)).toEqual([
      ['dog', expect.closeTo(0.75, 5)],
      ['cat', expect.closeTo(0.25, 5)],
    ]);
    expect(await classify(constantModel([3, -3, 1], 'Sigmoid'), [image], { topk: 2 }, names)).toEqual([
      {
        labels: ['cat', 'fox'],
        probabilities: { cat: expect.closeTo(0.953, 3) as number, fox: expect.closeTo(0.731, 3) as number },
      },
    ]);
  });

  it('calls scores so that are no probabilities, and gives the label alone when told to', async () => {
    const image = await plain(0, 0, 0);
    expect(await classify(constantModel([3, -1]), [image], { scores: 'margins' })).toEqual([
      { scores: { 0: 3, 1: -1 } },
    ]);
    expect(await classify(constantModel([3, -1]), [image], { scores: 'none' })).toEqual([{ label: '0' }]);
    expect(await classify(constantModel([0]), [image], { scores: 'logits' })).toEqual([{ 0: 0.5, 1: 0.5 }]);
  });

  it.each([
    ['gives one number that is no probability', constantModel([3]), '"scores" float32 [1, 1] is made by Add'],
    ['finds boxes', boxesModel(), 'this model has "boxes" float32 [1, 48, 4], "labels" int64 [3]'],
    ['gives an image', identityModel({ shape: [1, 3, 8, 8] }), 'this model has "y" float32 [1, 3, 8, 8]'],
  ])('does not start with a model that %s', async (_, model, problem) => {
    const message = `Expected an image classifier, whose first output has one score for each class; ${problem}`;
    await expect(classify(model, [])).rejects.toThrow(message);
    await expect(classify(model, [])).rejects.toThrow('base_handler serves models of all kinds');
  });

  it('keeps classes apart that have one name', async () => {
    const names = { 'index_to_name.json': '["crane", "crane"]' };
    expect(
      await classify(constantModel([0.75, 0.25]), [await plain(0, 0, 0)], { scores: 'probabilities' }, names),
    ).toEqual([{ crane: 0.75, 'crane (1)': 0.25 }]);
  });

  it('takes the only field of a form, whatever its name', async () => {
    const results = await classify(meanColourModel(), [{ image: await plain(255, 0, 0) }], RAW, NAMES);
    expect(results).toEqual([{ red: 1, green: 0, blue: 0 }]);
  });

  it('fails a row alone that is not an image', async () => {
    const [bad, good, empty] = await classify(
      meanColourModel(),
      [Buffer.from('hello'), await plain(255, 0, 0), {}],
      RAW,
      NAMES,
    );
    expect(bad).toMatchObject({ status: 400, message: expect.stringContaining('Expected an image') as string });
    expect(good).toEqual({ red: 1, green: 0, blue: 0 });
    expect(empty).toMatchObject({ status: 400 });
  });

  it.each<[string, Buffer, object, string]>([
    ['an unknown key', meanColourModel(), { top_k: 1 }, 'unknown key image_classifier.top_k; known are'],
    ['a wrong value', meanColourModel(), { topk: 0 }, 'image_classifier.topk must be an integer of at least 1, got 0'],
    [
      'a size that the model does not take',
      meanColourModel(),
      { size: 224 },
      "but the model's input is float32 [batch, 3, 8, 8]",
    ],
    ['channels that the model does not take', meanColourModel(), { channels: 'grey' }, 'images of 1 channels (grey)'],
    [
      'a mean of two numbers',
      meanColourModel(),
      { mean: [1, 2] },
      'image_classifier.mean must be 1 number or 3 for rgb, got 2',
    ],
    ['a std of 0', meanColourModel(), { std: 0 }, 'image_classifier.std must not be 0'],
    [
      'a resize below the size',
      meanColourModel(),
      { resize: 4 },
      'image_classifier.resize must be at least the size, got 4',
    ],
    ['a model of two dimensions', meanColourModel(['batch', 3]), {}, 'model.onnx'],
  ])('does not start with %s', async (_, model, config, message) => {
    await expect(classify(model, [], config)).rejects.toThrow(message);
  });

  it('does not start with names that are no JSON', async () => {
    await expect(classify(meanColourModel(), [], {}, { 'index_to_name.json': 'tench' })).rejects.toThrow(
      'index_to_name.json is not JSON',
    );
  });
});

describe.skipIf(!hasSharedData)(`the MNIST model of the ONNX model zoo${NEEDS_SHARED_DATA}`, () => {
  const settings = { scale: 1, mean: 0, std: 1, channels: 'grey' };

  async function digits(config: object): Promise<number[]> {
    const rows = await Promise.all(
      Array.from({ length: 10 }, (_, digit) => readFile(join(SHARED_DATA, `digits/${digit}.png`))),
    );
    const options = { serializedFile: 'mnist.onnx', modelConfig: { image_classifier: { topk: 10, ...config } } };
    const { results } = await testHandler({ modelDir: SHARED_DATA, handler: 'image_classifier' }, rows, options);
    return results.map((result) =>
      argmax(Array.from({ length: 10 }, (_, digit) => (result as Record<number, number>)[digit] ?? 0)),
    );
  }

  it('gets all ten digits right', async () => {
    expect(await digits(settings)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("does so when size and channels come from the model's input", async () => {
    expect(await digits({ scale: 1 })).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
