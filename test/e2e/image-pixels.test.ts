/** What a model gets of an image that is sent to a server, pixel by pixel: what Pillow and torchvision make of it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest, EXPECTED, IMAGES } from '../fixtures/images/expected.ts';
import { buildModel } from '../fixtures/onnx-builder.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, type Answer } from '../helpers/http.ts';

/** Gives each value of the image as the score of a class. */
function pixelModel(side: number): Buffer {
  return buildModel({
    inputs: [{ name: 'image', type: 'float32', shape: ['batch', 3, side, side] }],
    outputs: [{ name: 'values', type: 'float32', shape: ['batch', 3 * side * side] }],
    nodes: [{ op: 'Flatten', inputs: ['image'], outputs: ['values'] }],
  });
}

const config = (resize: number, filter: string, side: number) => `
image_classifier:
  resize: ${resize}
  filter: ${filter}
  orientation: stored
  scale: 1
  mean: 0
  std: 1
  scores: margins
  topk: ${3 * side * side}
`;

/** The expectations have them for each file. */
const PIPELINES = [
  { name: 'cut', resize: 32, side: 28, filter: 'bilinear' },
  { name: 'whole', resize: 20, side: 20, filter: 'bicubic' },
] as const;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    async fill(store) {
      for (const { name, resize, side, filter } of PIPELINES) {
        await addArchive(store, {
          name,
          handler: 'image_classifier',
          model: pixelModel(side),
          config: config(resize, filter, side),
          options: { validate: true },
        });
      }
    },
  });
  await registerModels(
    daemon,
    PIPELINES.map(({ name }) => name),
  );
});

afterAll(() => daemon.close());

/** The model has them by channel, files by place. */
function pixelsOf(answer: Answer, side: number): string {
  const { scores } = answer.json<{ scores: Readonly<Record<string, number>> }>();
  const place = side * side;
  return digest(
    Uint8Array.from({ length: 3 * place }, (_, index) => scores[(index % 3) * place + Math.floor(index / 3)] ?? NaN),
  );
}

describe.each(PIPELINES)('resize $resize, size $side, $filter', ({ name, resize, side, filter }) => {
  const url = () => `${daemon.inference}/predictions/${name}`;

  it.each(Object.entries(EXPECTED.files))('%s reaches the model as in training', async (file, { pipelines }) => {
    const image = await readFile(path.join(IMAGES, file));
    const form = new FormData();
    form.append('image', new Blob([image]), file);
    const base64 = image.toString('base64');
    const json = { body: JSON.stringify({ b64: base64 }), headers: { 'content-type': 'application/json' } };
    const requests = [
      { body: image },
      { body: form },
      { body: base64, headers: { 'content-type': 'text/plain' } },
      json,
    ];
    const answers = await Promise.all(requests.map((request) => send(url(), { method: 'POST', ...request })));
    const expected = pipelines.find((one) => one.resize === resize && one.size === side && one.filter === filter);
    expect(answers.map((answer) => pixelsOf(answer, side))).toEqual(requests.map(() => expected?.pixels));
  });
});

it('describe tells how the scores are read, and why', async () => {
  const answer = await send(`${daemon.management}/models/${PIPELINES[0].name}?customized=true`);
  expect(answer.json()).toMatchObject([
    { customizedMetadata: { scores: { read: 'scores', because: 'model config' }, inputs: [{ name: 'image' }] } },
  ]);
});
