import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { createRandom } from '../helpers/random.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../helpers/shared-data.ts';

const FAULTS = ['attention-axis0', 'compress', 'nonzero', 'quantized-dynamic'];
const EXPORTS = ['sklearn-forest-zipmap', 'xgboost', 'lightgbm', 'torch-cnn-view', 'torch-encoder-14', 'torch-lstm'];
const TOGETHER = 'batch_size=4&max_batch_delay=300';

const OWN = `
  import { BaseHandler } from '@marserve/handlers';
  export default class Own extends BaseHandler {
    postprocess(outputs) { return outputs.map(({ y }) => [...y.data]); }
  }
`;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      for (const name of EXPORTS) {
        const file = fileURLToPath(new URL(`../fixtures/exports/${name}.onnx`, import.meta.url));
        await addArchive(store, { name, model: await readFile(file) });
      }
      if (hasSharedData) for (const name of FAULTS) await addFault(store, name);
      await addArchive(store, { name: 'own', source: OWN, model: identityModel() });
      const stack = (value: boolean) => `base_handler:\n  stack: ${value}\n`;
      await addArchive(store, { name: 'asked', model: identityModel(), config: stack(true) });
      await addArchive(store, { name: 'refused', model: identityModel(), config: stack(false) });
      await addArchive(store, { name: 'plain', source: 'export const handle = (rows) => rows && rows.map(() => 1);' });
    },
  });
  await registerModels(
    daemon,
    [...EXPORTS, 'own', 'asked', 'refused', 'plain', ...(hasSharedData ? FAULTS : [])],
    TOGETHER,
  );
});

afterAll(() => daemon?.close());

async function addFault(store: string, name: string): Promise<void> {
  await addArchive(store, { name, model: await readFile(path.join(SHARED_DATA, 'faults', `${name}.onnx`)) });
}

const predict = (model: string, body: unknown) => sendJson(`${daemon.inference}/predictions/${model}`, body);
const alone = async (model: string, body: unknown) => (await predict(model, body)).json<unknown>();
/** Requests that meet in one batch. */
const together = (model: string, bodies: readonly unknown[]) => Promise.all(bodies.map((body) => alone(model, body)));

async function rows(model: string): Promise<unknown> {
  const answer = await send(`${daemon.management}/models/${model}`);
  return answer.json<{ rows?: unknown }[]>()[0]?.rows;
}

describe('what describe says of rows', () => {
  it.each(EXPORTS)('%s: they are merged, which its graph proves', async (name) => {
    expect(await rows(name)).toEqual({ merged: 'proven' });
  });

  it.each([
    ['own', { merged: 'proven' }],
    ['asked', { merged: 'asked' }],
    ['refused', { apart: 'asked' }],
    ['plain', undefined],
  ])('%s: %o', async (name, expected) => {
    expect(await rows(name)).toEqual(expected);
  });
});

describe.skipIf(!hasSharedData)(`models that mix the rows of a batch${NEEDS_SHARED_DATA}`, () => {
  it.each([
    ['attention-axis0', 'MatMul "s"'],
    ['compress', 'Compress "y"'],
    ['nonzero', 'NonZero "z"'],
    ['quantized-dynamic', 'DynamicQuantizeLinear "x_QuantizeLinear"'],
  ])('%s is known as one', async (name, apart) => {
    expect(await rows(name)).toEqual({ apart });
  });

  it('answer nobody with the data of another, after identical requests too', async () => {
    const a = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ];
    const b = [
      [0, 0, 2, 0],
      [0, 0, 0, 3],
      [1, 1, 1, 1],
    ];
    const expected = [await alone('attention-axis0', a), await alone('attention-axis0', b)];
    expect(expected[0]).toEqual([
      [expect.closeTo(0.731, 3), expect.closeTo(0.269, 3), 0, 0],
      [expect.closeTo(0.269, 3), expect.closeTo(0.731, 3), 0, 0],
    ]);
    for (let round = 0; round < 3; round += 1) {
      expect(await together('attention-axis0', [a, a])).toEqual([expected[0], expected[0]]);
      expect(await together('attention-axis0', [a, b])).toEqual(expected);
    }
  });

  it('cut nothing at the wrong place, and keep the rank', async () => {
    expect(await together('compress', [[1], [2], [3], [4]])).toEqual([[1], [2], [3], [4]]);
    expect(
      await together('compress', [
        [1, 2],
        [-1, -1],
      ]),
    ).toEqual([[1, 2], []]);
    expect(
      await together('nonzero', [
        [1, 1],
        [1, 0],
        [0, 0],
      ]),
    ).toEqual([
      [
        [0, 0],
        [0, 1],
      ],
      [[0, 0]],
      [],
    ]);
  });

  it('answer the same whoever else is asking', async () => {
    const random = createRandom(3);
    const texts = Array.from({ length: 4 }, () => {
      const ids = Array.from({ length: 5 }, () => random.integer(1, 20));
      return { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: ids.map(() => 0) };
    });
    const expected = [];
    for (const text of texts) expected.push(await alone('quantized-dynamic', text));
    expect(await together('quantized-dynamic', texts)).toEqual(expected);
    expect(await together('quantized-dynamic', texts.toReversed())).toEqual(expected.toReversed());
  });
});
