/**
 * Graphs that were made up from a seed, in every protocol: each answer is the one that is due. `GRAPH_SEED=7` begins with another seed, and
 * `GRAPHS=50` has as many of them.
 */
import { createV2Client, tensor, type Tensor, type V2Client } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addOneModel, matMulModel } from '../fixtures/onnx-models.ts';
import { BROKEN, randomGraph, type Answer, type RandomGraph } from '../fixtures/random-graphs.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { sendJson } from '../helpers/http.ts';
import { infer } from '../helpers/oip.ts';
import { createRandom } from '../helpers/random.ts';

const FIRST_SEED = Number(process.env.GRAPH_SEED ?? 1);
const COUNT = Number(process.env.GRAPHS ?? 4);

const times = (factor: number) =>
  matMulModel({
    weights: [
      [factor, 0],
      [0, factor],
    ],
  });

const graphs: Record<string, RandomGraph> = {};
for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed += 1) {
  // One that others may ask gives rows.
  const asked = Object.entries(graphs).filter(([, { answer }]) => Array.isArray(answer([[0, 0]])));
  graphs[`graph-${seed}`] = randomGraph(createRandom(seed), Object.fromEntries(asked.slice(-2)));
}

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'twice', model: times(2) });
      await addArchive(store, { name: 'negate', model: times(-1) });
      await addArchive(store, { name: 'more', model: addOneModel() });
      const source = `export const handle = (rows) => { if (rows) throw new Error('broken'); };`;
      await addArchive(store, { name: BROKEN, source });
      for (const [name, { step: graph }] of Object.entries(graphs)) {
        await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
      }
    },
  });
  await registerModels(daemon, ['twice', 'negate', 'more', BROKEN, ...Object.keys(graphs)]);
});

afterAll(() => daemon?.close());

type Rows = readonly (readonly number[])[];

/** As its protocol has an answer, in the form of `Answer`; or what came in its place. */
type Ask = (model: string, rows: Rows) => Promise<unknown>;

const ASKS: Readonly<Record<string, Ask>> = {
  async v1(model, instances) {
    const { text } = await sendJson(`${daemon.inference}/v1/models/${model}:predict`, { instances });
    const { predictions } = JSON.parse(text) as { predictions?: readonly unknown[] };
    return predictions === undefined ? text : byBranch(predictions);
  },
  async torchserve(model, rows) {
    const answers = rows.map((row) => sendJson(`${daemon.inference}/predictions/${model}`, row));
    return byBranch((await Promise.all(answers)).map(({ text }) => JSON.parse(text) as unknown));
  },
  async 'v2 in JSON'(model, rows) {
    const input = { name: 'x', datatype: 'FP32', shape: [rows.length, 2], data: rows.flat() };
    const { text } = await infer(`${daemon.inference}/v2/models/${model}`, { inputs: [input] });
    const { outputs } = JSON.parse(text) as { outputs?: readonly { name: string; data: number[] }[] };
    return outputs === undefined ? text : byName(outputs.map(({ name, data }) => [name, data]));
  },
  'v2 in bytes': (model, rows) => inferBy(createV2Client(daemon.inference), model, rows),
  'v2 over gRPC': (model, rows) => inferBy(createV2GrpcClient(daemon.grpcInference), model, rows),
};

async function inferBy(client: Pick<V2Client, 'infer' | 'close'>, model: string, rows: Rows): Promise<unknown> {
  try {
    const { outputs } = await client.infer({ name: model }, { inputs: { x: tensorOf(rows) } });
    return byName(Object.entries(outputs).map(([name, { data }]) => [name, numbersOf(data)]));
  } finally {
    await client.close();
  }
}

const tensorOf = (rows: Rows) => tensor('float32', [rows.length, 2], rows.flat());
const numbersOf = (data: Tensor['data']) => Array.from(data as ArrayLike<number>, Number);

function byBranch(predictions: readonly unknown[]): unknown {
  const [first] = predictions;
  if (Array.isArray(first) || typeof first !== 'object' || first === null) return predictions;
  const pick = (branch: string) => predictions.map((each) => (each as Record<string, unknown>)[branch]);
  return Object.fromEntries(Object.keys(first).map((branch) => [branch, pick(branch)]));
}

/** A single tensor may be called as it likes, one of several has the name of its branch in its own. */
function byName(outputs: readonly (readonly [name: string, data: readonly number[]])[]): unknown {
  const [only, ...others] = outputs.map(([name, data]) => [name.split('.')[0] ?? '', pairs(data)] as const);
  return others.length === 0
    ? only?.[1]
    : Object.fromEntries([only, ...others].flatMap((each) => (each ? [each] : [])));
}

function pairs(data: readonly number[]): Rows {
  return data.flatMap((value, at) => (at % 2 === 0 ? [[value, data[at + 1] ?? NaN]] : []));
}

/** In TorchServe's protocol each row is a request, which is asked for itself. */
function due(protocol: string, { answer }: RandomGraph, rows: Rows): Answer {
  if (protocol !== 'torchserve') return answer(rows);
  const answers = rows.map((row) => answer([row]));
  if (answers.every((each) => Array.isArray(each))) return answers.flat() as Answer;
  return byBranch(
    answers.map((each) => Object.fromEntries(Object.entries(each).map(([name, all]) => [name, all[0]]))),
  ) as Answer;
}

it.each(Object.entries(graphs))('%s is answered right in every protocol', async (name, graph) => {
  for (const rows of [
    [[3, -1]],
    [
      [-2, 4],
      [1, 0],
      [5, 6],
    ],
  ]) {
    for (const [protocol, ask] of Object.entries(ASKS)) {
      const got = await ask(name, rows).catch(String);
      const told = `${name} with GRAPH_SEED=${FIRST_SEED} GRAPHS=${COUNT}, ${protocol}, ${JSON.stringify(rows)}, ${JSON.stringify(graph.step)}`;
      expect(got, told).toEqual(normal(due(protocol, graph, rows)));
    }
  }
});

/** JSON knows no −0. */
function normal(answer: Answer): unknown {
  return JSON.parse(JSON.stringify(answer)) as unknown;
}
