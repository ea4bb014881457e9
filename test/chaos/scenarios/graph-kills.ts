/** Workers of a graph, and of the five models that it asks, are killed again and again: each answer is the number that is due. */
import { setInterval } from 'node:timers/promises';
import { addOneModel, matMulModel, sumAndDifferenceModel } from '../../fixtures/onnx-models.ts';
import { addArchive } from '../../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../../helpers/daemon.ts';
import { startLoad, type LoadAnswer, type Question } from '../../helpers/load.ts';
import type { Random } from '../../helpers/random.ts';
import { workersOf } from '../../helpers/workers.ts';
import { conclude, type Chaos, type ChaosResult } from '../scenario.ts';

const INTERVAL_MS = 200;
const WORKERS = 2;
const CONNECTIONS = 12;
/** Of the kills: those that leave a node without any worker, for as long as one takes to start. */
const SHARE_OF_OUTAGES = 0.05;

/** Takes long enough to be killed over it. */
const SLOWLY = `
  import { BaseHandler } from '@marserve/handlers';
  export default class Slowly extends BaseHandler {
    async inference(inputs, context) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return super.inference(inputs, context);
    }
  }
`;

const times = (factor: number) =>
  matMulModel({
    weights: [
      [factor, 0],
      [0, factor],
    ],
  });

const NODES = {
  twice: times(2),
  more: addOneModel(),
  join: sumAndDifferenceModel(['batch', 2]),
  up: addOneModel(),
  down: times(-1),
};

const GRAPH = {
  sequence: [
    {
      parallel: {
        a: { model: 'twice', outputs: { a: 'y' }, retries: 3 },
        b: { model: 'more', outputs: { b: 'y' }, retries: 3 },
      },
    },
    { model: 'join', outputs: { x: 'sum' }, retries: 3 },
    { router: ['up', 'down'], policy: 'weighted', weights: { up: 1, down: 1 }, name: 'way', retries: 3 },
  ],
};

const MODELS = [...Object.keys(NODES), 'five'];

/** What becomes of a number on either way. */
const DUE: Readonly<Record<string, (x: number) => number>> = {
  'way=up': (x) => 2 * x + (x + 1) + 1,
  'way=down': (x) => -(2 * x + (x + 1)),
};

export async function graphKills({ intensity, random, defer, say }: Chaos): Promise<ChaosResult> {
  const seconds = intensity === 'long' ? 30 : 4;
  const daemon = await startDaemon({
    config: { access_log: 'off', job_queue_size: 1000 },
    fill: async (store) => {
      for (const [name, model] of Object.entries(NODES)) await addArchive(store, { name, source: SLOWLY, model });
      await addArchive(store, { name: 'five', handler: 'graph', config: JSON.stringify({ graph: GRAPH }) });
    },
  });
  defer(() => daemon.close());
  await registerModels(daemon, MODELS, `initial_workers=${WORKERS}`);
  const load = startLoad({ address: daemon.inference, connections: CONNECTIONS, question });
  defer(() => load.stop());
  const endsAt = performance.now() + seconds * 1000;
  let [kills, okBefore] = [0, -CONNECTIONS];
  for await (const _ of setInterval(INTERVAL_MS)) {
    if (performance.now() > endsAt) break;
    // A request over which two workers die while they have no other is taken for one that kills: where all is slow, kills are fewer.
    if (load.ok - okBefore < CONNECTIONS) continue;
    okBefore = load.ok;
    kills += victims(await readyPids(daemon), random).filter(kill).length;
    say(`${kills} kills, ${load.ok} requests`);
  }
  const result = await load.stop();
  const thrown = `kill -9 of workers of five nodes and their graph every ${INTERVAL_MS} ms for ${seconds} s: ${kills} kills`;
  const problems = kills === 0 ? ['nothing was killed'] : [];
  const facts = { kills, slowestMs: Math.round(result.slowestMs), requestsPerSecond: Math.round(result.ok / seconds) };
  return conclude({ thrown, load: result, facts, problems });
}

/** Of the workers that are ready, by their models. */
type Pids = Readonly<Record<string, readonly number[]>>;

async function readyPids(daemon: Daemon): Promise<Pids> {
  const entries = MODELS.map(async (name) => {
    const workers = await workersOf(daemon, name);
    return [name, workers.flatMap(({ status, pid }) => (status === 'READY' && pid !== undefined ? [pid] : []))];
  });
  return Object.fromEntries(await Promise.all(entries)) as Pids;
}

/** A worker whose model has another one, now and then all of a node. */
function victims(pids: Pids, random: Random): readonly number[] {
  if (random.next() < SHARE_OF_OUTAGES) return pids[random.pick(Object.keys(NODES))] ?? [];
  const spared = Object.values(pids).filter(({ length }) => length > 1);
  return spared.length === 0 ? [] : [random.pick(random.pick(spared))];
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended since.
    return false;
  }
}

/** As tensors in JSON or in bytes, in turn. */
function question(index: number): Question {
  const row = [index % 1000, index % 7];
  const input = { name: 'x', datatype: 'FP32', shape: [1, 2] };
  const [body, headers] = index % 2 === 0 ? inJson({ ...input, data: row }) : inBytes(input, row);
  return { path: '/v2/models/five/infer', headers, body, judge: (answer) => judge(answer, row) };
}

type Written = readonly [body: Buffer, headers: Readonly<Record<string, string>>];

function inJson(input: object): Written {
  return [Buffer.from(JSON.stringify({ inputs: [input] })), { 'content-type': 'application/json' }];
}

function inBytes(input: object, row: readonly number[]): Written {
  const floats = Buffer.from(Float32Array.from(row).buffer);
  const head = Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: floats.length } }] }));
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(head.length),
  };
  return [Buffer.concat([head, floats]), headers];
}

function judge({ status, headers, body }: LoadAnswer, row: readonly number[]): ReturnType<Question['judge']> {
  if (status !== 200) return 'failed';
  const due = DUE[String(headers['x-marserve-route'])];
  const { outputs } = JSON.parse(body.toString()) as { outputs: readonly { data: readonly number[] }[] };
  return due !== undefined && String(outputs.map(({ data }) => data)) === String(row.map(due)) ? 'ok' : 'wrong';
}
