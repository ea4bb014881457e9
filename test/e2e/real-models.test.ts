import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../helpers/shared-data.ts';

const MNIST_CONFIG = `
image_classifier:
  resize: 28
  size: 28
  channels: grey
  scale: 1
  mean: [0]
  std: [1]
  topk: 1
`;

const TEN_LINES = `
  import { BaseHandler, argmax, decodeImage } from '@marserve/handlers';
  export default class Digits extends BaseHandler {
    async preprocess(rows) {
      return Promise.all(rows.map(async (row) => {
        const { data } = await decodeImage(row.data ?? row.body, { width: 28, height: 28, channels: 1 });
        return { type: 'float32', shape: [1, 1, 28, 28], data: Float32Array.from(data) };
      }));
    }
    postprocess(outputs) {
      return outputs.map((output) => argmax(output.Plus214_Output_0.data));
    }
  }
`;

describe.skipIf(!hasSharedData)(`models that others made${NEEDS_SHARED_DATA}`, () => {
  let daemon: Daemon;
  let digits: Buffer[];

  beforeAll(async () => {
    digits = await Promise.all(
      Array.from({ length: 10 }, (_, digit) => readFile(path.join(SHARED_DATA, `digits/${digit}.png`))),
    );
    const [mnist, iris] = await Promise.all(
      ['mnist.onnx', 'iris_svc.onnx'].map((name) => readFile(path.join(SHARED_DATA, name))),
    );
    daemon = await startDaemon({
      fill: async (store) => {
        await addArchive(store, {
          name: 'mnist',
          handler: 'image_classifier',
          model: mnist,
          config: MNIST_CONFIG,
          options: { validate: true },
        });
        await addArchive(store, { name: 'digits', source: TEN_LINES, model: mnist, options: { validate: true } });
        await addArchive(store, { name: 'iris', model: iris, options: { validate: true } });
        await addArchive(store, {
          name: 'iris_tabular',
          handler: 'tabular_classifier',
          model: iris,
          options: { validate: true },
        });
      },
    });
    await registerModels(daemon, ['mnist', 'digits', 'iris', 'iris_tabular'], 'batch_size=10');
  });

  afterAll(() => daemon?.close());

  const predict = (name: string, body: Buffer) =>
    send(`${daemon.inference}/predictions/${name}`, { method: 'POST', body });

  it.each([
    ['mnist', { read: 'softmax', because: 'MatMul' }],
    ['iris_tabular', { read: 'as they are', because: 'SVMClassifier' }],
  ])('describe tells how the scores of %s are read, and why', async (name, scores) => {
    const described = (await send(`${daemon.management}/models/${name}?customized=true`)).json();
    expect(described).toMatchObject([{ customizedMetadata: { scores } }]);
  });

  it('image_classifier gets all ten digits right, one by one', async () => {
    for (const [digit, image] of digits.entries()) {
      const answer = (await predict('mnist', image)).json<Record<string, number>>();
      expect(Object.keys(answer)).toEqual([String(digit)]);
    }
  });

  it('image_classifier gets all ten digits right as a batch of requests', async () => {
    const answers = await Promise.all(digits.map((image) => predict('mnist', image)));
    expect(answers.map((answer) => Object.keys(answer.json()))).toEqual(digits.map((_, digit) => [String(digit)]));
  });

  it('a handler of ten lines gets all ten digits right, one by one and as a batch of requests', async () => {
    const expected = digits.map((_, digit) => digit);
    const one: number[] = [];
    for (const image of digits) one.push((await predict('digits', image)).json<number>());
    expect(one).toEqual(expected);
    const together = await Promise.all(digits.map((image) => predict('digits', image)));
    expect(together.map((answer) => answer.json<number>())).toEqual(expected);
  });

  it('a scikit-learn classifier gives its label and its probabilities', async () => {
    const setosa = [5.1, 3.5, 1.4, 0.2];
    const answer = (await sendJson(`${daemon.inference}/predictions/iris`, setosa)).json<{
      output_label: number;
      output_probability: Record<string, number>;
    }>();
    expect(answer.output_label).toBe(0);
    expect(Object.keys(answer.output_probability)).toEqual(['0', '1', '2']);
    expect(answer.output_probability['0']).toBeGreaterThan(0.9);
    const sum = Object.values(answer.output_probability).reduce((total, value) => total + value, 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  it('tabular_classifier gives label and probabilities of the same model', async () => {
    const answer = await sendJson(`${daemon.inference}/predictions/iris_tabular`, [6.7, 3.0, 5.2, 2.3]);
    expect(answer.json()).toMatchObject({ label: 2, probabilities: { 0: expect.any(Number) as number } });
  });
});
