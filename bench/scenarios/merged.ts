/** What it is worth that rows are merged: models as they are exported, beside the same with their rows one by one. */
import path from 'node:path';
import { addArchive, type Bench } from '../bench.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import { send } from '../http.ts';
import { runLoad } from '../load.ts';
import { randomFloats, randomNumbers } from '../models/random.ts';
import { nest } from '../models/nested.ts';
import { ROOT } from '../paths.ts';
import type { Probe, Scenario } from '../scenario.ts';

/** A file of `test/fixtures/exports`, and what one row of it is as JSON. */
interface Export {
  readonly name: string;
  readonly file: string;
  readonly title: string;
  readonly row: () => unknown;
}

const numbers = (shape: readonly number[]) => () => {
  const count = shape.reduce((product, size) => product * size, 1);
  return nest(randomFloats(count, 1, randomNumbers(5)), shape);
};
const tokens = Array.from({ length: 12 }, (_, place) => 1 + ((7 * place) % 19));

const EXPORTS: readonly Export[] = [
  { name: 'trees', file: 'lightgbm.onnx', title: 'LightGBM', row: numbers([4]) },
  {
    name: 'linear',
    file: 'sklearn-scaled-logistic.onnx',
    title: 'scikit-learn, a scaler and a regression',
    row: numbers([4]),
  },
  { name: 'cnn', file: 'torch-cnn-view.onnx', title: 'PyTorch, a CNN', row: numbers([1, 8, 8]) },
  {
    name: 'encoder',
    file: 'torch-encoder-14.onnx',
    title: 'PyTorch, a transformer encoder',
    row: () => ({ ids: tokens, attention_mask: tokens.map(() => 1) }),
  },
];

/** Default: as the graph says. */
type Stack = false | undefined;

/** One for each export. */
export const mergedExports: readonly Scenario[] = EXPORTS.map((model) => ({
  name: `merged-${model.name}`,
  title: `${model.title}, 64 connections, batches of up to 32`,
  limit: { label: 'marserve, rows one by one (stack: false)', start: (bench) => start(bench, model, false) },
  marserve: { label: 'marserve', start: (bench) => start(bench, model, undefined) },
  goals: [{ metric: 'throughput', compare: 'ratio', atLeast: 1 }],
}));

async function start(bench: Bench, model: Export, stack: Stack): Promise<Probe> {
  const name = `${model.name}-${stack === false ? 'apart' : 'merged'}`;
  await bench.once(`archive ${name}`, () => addExport(bench, model, stack));
  const daemon = await startDaemon(bench);
  await daemon.register(name, { batch_size: 32 });
  if (stack !== false) await requireMerged(daemon, name);
  const body = await bench.file(`${model.name}.json`, () => Buffer.from(JSON.stringify(model.row())));
  const load = { body, contentType: 'application/json', url: `${daemon.inference}/predictions/${name}` };
  await checkAnswer(bench, model, load.url);
  return (seconds) => runLoad({ ...load, connections: 64, seconds });
}

async function addExport(bench: Bench, { name, file }: Export, stack: Stack): Promise<void> {
  const suffix = stack === false ? 'apart' : 'merged';
  const section = stack === false ? 'base_handler:\n  stack: false\n' : '';
  const config = `onnx:\n  intraOpNumThreads: 1\n${section}`;
  await addArchive(bench.store, {
    modelName: `${name}-${suffix}`,
    handler: 'base_handler',
    serializedFile: path.join(ROOT, 'test/fixtures/exports', file),
    configFile: await bench.file(`${name}-${suffix}.yaml`, () => Buffer.from(config)),
  });
}

/** Both sides say the same. @throws Error when they do not */
async function checkAnswer(bench: Bench, { name, row }: Export, url: string): Promise<void> {
  const body = Buffer.from(JSON.stringify(row()));
  const ask = () => send(url, { method: 'POST', body, contentType: 'application/json' });
  const [expected, actual] = [await bench.once(`answer ${name}`, ask), await ask()];
  if (expected !== actual) throw new Error(`the server's answer is wrong: expected ${expected}, came ${actual}`);
}

/** Servers before this one do not say. @throws Error when its rows are not merged */
async function requireMerged({ management }: Daemon, name: string): Promise<void> {
  const [{ rows }] = JSON.parse(await send(`${management}/models/${name}`)) as [{ rows?: { apart?: string } }];
  if (rows?.apart !== undefined) throw new Error(`the rows of ${name} are not merged: ${rows.apart}`);
}
