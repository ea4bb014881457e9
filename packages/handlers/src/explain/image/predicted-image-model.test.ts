import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../handler.ts';
import { testHandler, type TestOptions } from '../../testing.ts';
import { createTensor } from '../../tensor/tensor.ts';
import { ASKS_PREDICTOR } from '../predicted-handler.ts';

const SIDE = 16;
/** Bright in the upper left corner, grey elsewhere. */
const BYTES = Array.from({ length: SIDE * SIDE }, (_, pixel) => (pixel % SIDE < 4 && pixel < 4 * SIDE ? 255 : 60));
const PIXELS = Array.from({ length: SIDE }, (_, y) => BYTES.slice(y * SIDE, (y + 1) * SIDE).map((byte) => [byte]));

/** How bright the corner is, of whatever an image is; it counts what it is asked. */
class Predictor {
  readonly [ASKS_PREDICTOR] = true;
  static asked: Row[][] = [];
  async handle(rows: Row[]): Promise<unknown[]> {
    Predictor.asked.push(rows);
    return Promise.all(rows.map((row) => scoreOf(row.data ?? row.body ?? row.image).catch(() => [0, 0])));
  }
}

async function scoreOf(image: unknown): Promise<unknown> {
  if (image instanceof Uint8Array) {
    const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
    return corner((x, y) => data[info.channels * (y * info.width + x)] ?? NaN);
  }
  if (Array.isArray(image)) return corner((x, y) => (image as number[][][])[y]?.[x]?.[0] ?? NaN);
  const { shape, data } = image as { shape: number[]; data: Float32Array };
  const of = (index: number) => corner((x, y) => data[(index * SIDE + y) * SIDE + x] ?? NaN);
  return Array.from({ length: shape[0] ?? 0 }, (_, index) => of(index));
}

function corner(at: (x: number, y: number) => number): number[] {
  let sum = 0;
  for (let y = 0; y < 4; y += 1) for (let x = 0; x < 4; x += 1) sum += at(x, y);
  return [sum / 16 / 255, 0.1];
}

async function explain(row: unknown, explainer: object, headers: TestOptions['headers'] = {}) {
  Predictor.asked = [];
  const modelConfig = { explainer: { method: 'occlusion', ...explainer } };
  const { results } = await testHandler(Predictor, [row], { modelConfig, operation: 'explain', headers });
  return results[0];
}

const png = await sharp(Uint8Array.from(BYTES), { raw: { width: SIDE, height: SIDE, channels: 1 } })
  .png()
  .toBuffer();
const FORMS = [
  ['a list', { body: PIXELS }, 'body', false],
  ['a file', { body: png }, 'body', false],
  ['a file in a form', { data: png }, 'data', false],
  ['a tensor', { image: createTensor('float32', [1, 1, SIDE, SIDE], BYTES) }, 'image', true],
] as const;

describe.each(FORMS)('behind a predictor, an image that came as %s', (name, row, field, isBatch) => {
  it.each([
    { window: 4, stride: 4 },
    { method: 'lime_image', samples: 100, segments: 16, segmentation: 'grid', fill: 'zero' },
  ])('is explained by copies that come so, too: %j', async (explainer) => {
    const found = (await explain(row, explainer)) as { explanations: unknown };
    const explanation = isBatch ? (found.explanations as unknown[])[0] : found.explanations;
    const { values, output_names: names } = explanation as {
      values: (number | number[])[][];
      output_names: string[];
    };
    const flat = (values[0] ?? []).flat();
    expect([names, flat.indexOf(Math.max(...flat))]).toEqual([['0'], 0]);
    for (const rows of Predictor.asked) {
      expect(rows.length).toBeLessThanOrEqual(name.includes('file') || isBatch ? 1 : 16);
      expect(rows.every((each) => Object.keys(each).join() === field)).toBe(true);
    }
  });

  it('is drawn', async () => {
    expect(await sharp((await explain(row, {}, { accept: 'image/png' })) as Buffer).metadata()).toMatchObject({
      format: 'png',
      width: 224,
    });
  });
});

it('a large file is made smaller for the copies', async () => {
  const { data } = await sharp(png).resize(1200, 600, { fit: 'fill' }).jpeg().toBuffer({ resolveWithObject: true });
  expect(await explain({ body: data }, { window: 128, stride: 128 })).toMatchObject({
    explanations: { width: 512, height: 256 },
  });
});

it.each([
  ['text', 'cat'],
  ['bytes that are no image', Buffer.from('cat')],
  ['numbers of two dimensions', [[1, 2]]],
  ['a ragged list', [[[1], [2]], [[3]]]],
  ['nothing', null],
  ['an object', { a: 1 }],
])('%s is a client’s error', async (_, body) => {
  expect(await explain({ body }, {})).toMatchObject({
    status: 400,
    message: expect.stringContaining('to explain') as unknown,
  });
});
