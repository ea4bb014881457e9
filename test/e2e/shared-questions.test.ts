/** Questions of one turn to the same model are one: no answer is another for it, whatever becomes of its neighbours. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOneModel, gatherModel, matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { createRandom } from '../helpers/random.ts';

const twice = matMulModel({
  weights: [
    [2, 0],
    [0, 2],
  ],
});

/** Those that come together are one batch. */
const TOGETHER = 16;

/** Of a transformer: a list becomes the tensor of its predictor. */
const TO_TENSORS = `import { Transformer } from '@marserve/handlers'; export default class extends Transformer {}`;

describe.each([1, 2])('with %i front ends', (frontends) => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startDaemon({
      config: { frontends },
      fill: async (store) => {
        await addArchive(store, { name: 'twice', model: twice });
        await addArchive(store, { name: 'one', model: addOneModel() });
        await addArchive(store, { name: 'pick', model: gatherModel() });
        const graphs = {
          line: { sequence: ['twice', 'one', 'twice'] },
          mean: { parallel: ['twice', 'one'], combine: 'mean' },
        };
        for (const [name, graph] of Object.entries({ ...graphs, picked: 'pick' })) {
          await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
        }
        const config = JSON.stringify({ predictor_host: 'local:twice', predictor_protocol: 'v2' });
        await addArchive(store, { name: 'transformer', source: TO_TENSORS, config });
      },
    });
    await registerModels(daemon, ['twice', 'one', 'pick'], `batch_size=${TOGETHER}`);
    await registerModels(
      daemon,
      ['line', 'mean', 'picked', 'transformer'],
      `batch_size=${TOGETHER}&max_batch_delay=50`,
    );
  });

  afterAll(() => daemon?.close());

  const infer = async (
    model: string,
    input: { datatype: string; shape: readonly number[]; data: readonly number[] },
  ) => {
    const name = input.datatype === 'INT64' ? 'index' : 'x';
    const { status, text } = await sendJson(`${daemon.inference}/v2/models/${model}/infer`, {
      inputs: [{ name, ...input }],
    });
    const { outputs } = JSON.parse(text) as { outputs?: [{ shape: number[]; data: number[] }] };
    return outputs === undefined ? status : { shape: outputs[0].shape, data: outputs[0].data };
  };

  it.each<[string, (value: number) => number]>([
    ['line', (value) => 2 * (2 * value + 1)],
    ['mean', (value) => (2 * value + value + 1) / 2],
    ['transformer', (value) => 2 * value],
  ])('the rows of %s are each its own request’s', async (model, due) => {
    const random = createRandom(frontends);
    for (let round = 0; round < 4; round += 1) {
      const asked = Array.from({ length: 3 * TOGETHER }, () => {
        const rows = random.integer(1, 3);
        return { shape: [rows, 2], data: Array.from({ length: 2 * rows }, () => random.integer(0, 99)) };
      });
      const answers = await Promise.all(asked.map((input) => infer(model, { datatype: 'FP32', ...input })));
      expect(answers).toEqual(asked.map(({ shape, data }) => ({ shape, data: data.map(due) })));
    }
  });

  it('one that fails fails alone', async () => {
    const received = async () => {
      const { text } = await send(`${daemon.metrics}/metrics?name[]=ts_inference_requests_total`);
      return Number(
        /ts_inference_requests_total\{[^}]*model_name="pick",model_version="default"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0,
      );
    };
    const ask = async () => {
      const before = await received();
      const indices = Array.from({ length: TOGETHER }, (_, request) => (request === 5 ? 99 : request % 3));
      const answers = await Promise.all(
        indices.map((index) => infer('picked', { datatype: 'INT64', shape: [1], data: [index] })),
      );
      const due = indices.map((index) => (index === 99 ? 500 : { shape: [1], data: [10 * (index + 1)] }));
      expect(answers).toEqual(due);
      return (await received()) - before;
    };
    // Together they were so many, and one by one as many again.
    await expect.poll(ask).toBeGreaterThan(TOGETHER);
  });
});
