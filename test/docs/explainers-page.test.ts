/** What docs/explainers.md shows is true: its models are packaged and registered, its commands print what it says. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { testHandler } from '@marserve/handlers/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { readBlocks, ROOT, runBlock, type Block } from '../helpers/pages.ts';

const PAGE = 'docs/explainers.md';
const BLOCKS = await readBlocks(PAGE);
const TEXT = await readFile(ROOT + PAGE, 'utf8');
const FIXTURES = `${ROOT}test/fixtures/explainers/`;

/** Samples that are in no fixture of their own, as a reader has them. */
const FLOWERS = 'sepal length,sepal width,petal length,petal width\n5.1,3.5,1.4,0.2\n6.2,2.9,4.3,1.3\n6.3,3.3,6,2.5\n';

let folder: string;
let daemon: Daemon;

beforeAll(async () => {
  await mkdir(`${ROOT}node_modules/.cache`, { recursive: true });
  folder = await mkdtemp(`${ROOT}node_modules/.cache/explainers-page-`);
  const store = path.join(folder, 'model-store');
  await mkdir(store);
  await writeFile(path.join(folder, 'iris.onnx'), await readFile(`${FIXTURES}iris-forest.onnx`));
  await writeFile(path.join(folder, 'flowers.csv'), FLOWERS);
  for (const name of ['digits.onnx', 'digit.png'])
    await writeFile(path.join(folder, name), await readFile(FIXTURES + name));
  await writeFile(path.join(folder, 'training.csv'), await trainingData());
  daemon = await startDaemon({ config: { model_store: store } });
  for (const { language, text } of BLOCKS) {
    const name = language === 'yaml' ? /^# (\S+)\n/.exec(text)?.[1] : undefined;
    const config = text.replace('127.0.0.1:8080', new URL(daemon.inference).host);
    if (name !== undefined) await writeFile(path.join(folder, name), config);
  }
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

async function trainingData(): Promise<string> {
  const all = JSON.parse(await readFile(`${FIXTURES}anchors.json`, 'utf8')) as Record<string, { data: number[][] }>;
  return (all['iris-forest']?.data ?? []).map((sample) => `${sample.join()}\n`).join('');
}

function run(block: Block): Promise<string> {
  const replace = {
    'npx model-archiver': `node ${ROOT}packages/archiver/bin/model-archiver.js`,
    'http://127.0.0.1:8080': daemon.inference,
    'http://127.0.0.1:8081': daemon.management,
  };
  return runBlock(block, { replace, cwd: folder });
}

/** The same with some room for numbers that are not whole. */
function roughly(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : expect.closeTo(value, 2);
  if (Array.isArray(value)) return value.map(roughly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, roughly(item)]));
}

const COMMANDS = BLOCKS.filter(({ language }) => language === 'bash');

it.each(COMMANDS.map((block) => [block.text.split('\n')[0] ?? '', block] as const))('%s', async (_, block) => {
  const output = await run(block);
  if (block.text.includes('-o heat-map.png')) return comparePictures();
  const { next } = block;
  if (next?.language === 'json') expect(JSON.parse(output)).toEqual(roughly(JSON.parse(next.text)));
  else expect(output).toMatch(/initial workers|"explanations"/);
});

/** The picture of the page is the one that the command writes. */
async function comparePictures(): Promise<void> {
  const pictures = [path.join(folder, 'heat-map.png'), `${ROOT}docs/images/heat-map.png`];
  const [own, shown] = await Promise.all(
    pictures.map((file) => sharp(file).raw().toBuffer({ resolveWithObject: true })),
  );
  expect(own?.info).toEqual(shown?.info);
  const isClose = own?.data.every((byte, index) => Math.abs(byte - (shown?.data[index] ?? NaN)) < 8);
  expect(isClose).toBe(true);
}

interface Explained {
  readonly predictions: unknown;
  readonly explanations: unknown;
}

it('an explanation is the same in all protocols', async () => {
  const flower = [6.3, 2.5, 5, 1.9];
  const v1 = await sendJson(`${daemon.inference}/v1/models/iris:explain`, { instances: [flower] });
  const { predictions, explanations } = v1.json<{ predictions: unknown[]; explanations: unknown[] }>();
  const one = (await sendJson(`${daemon.inference}/explanations/iris`, flower)).json<Explained>();
  expect(one).toEqual({ predictions: predictions[0], explanations: explanations[0] });
  const inputs = [{ name: 'X', datatype: 'FP32', shape: [1, 4], data: flower }];
  const oip = await sendJson(`${daemon.inference}/v2/models/iris/versions/1.0/explain`, { id: '7', inputs });
  const { id, outputs } = oip.json<{ id: string; outputs: { name: string; datatype: string; data: string[] }[] }>();
  expect([id, outputs.map(({ name, datatype }) => [name, datatype])]).toEqual([
    '7',
    [
      ['predictions', 'BYTES'],
      ['explanations', 'BYTES'],
    ],
  ]);
  expect(outputs.map(({ data }) => JSON.parse(data[0] ?? '') as unknown)).toEqual([predictions, explanations]);
});

it('a picture is an answer of V1, too, for one instance', async () => {
  const instance = { b64: (await readFile(`${FIXTURES}digit.png`)).toString('base64') };
  const ask = (instances: unknown[]) =>
    sendJson(`${daemon.inference}/v1/models/digits:explain`, { instances }, { accept: 'image/png' });
  const one = await ask([instance]);
  expect([one.status, one.headers.get('content-type')]).toEqual([200, 'image/png']);
  const two = (await ask([instance, instance])).json<{ explanations: { b64: string }[] }>();
  for (const { b64 } of two.explanations)
    expect(await sharp(Buffer.from(b64, 'base64')).metadata()).toMatchObject({ format: 'png', width: 224 });
});

describe('who accepts pictures alone', () => {
  const png = { accept: 'image/png' };

  it('gets one in the Open Inference Protocol', async () => {
    const url = `${daemon.inference}/v2/models/digits`;
    const { inputs } = (await send(url)).json<{ inputs: { name: string }[] }>();
    const element = await readFile(`${FIXTURES}digit.png`);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(element.length);
    const parameters = { binary_data_size: 4 + element.length };
    const head = JSON.stringify({ inputs: [{ name: inputs[0]?.name, datatype: 'BYTES', shape: [1], parameters }] });
    const headers = { ...png, 'inference-header-content-length': String(head.length) };
    const body = Buffer.concat([Buffer.from(head), size, element]);
    const answer = await fetch(`${url}/explain`, { method: 'POST', headers, body });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    const picture = Buffer.from(await answer.arrayBuffer());
    expect(await sharp(picture).metadata()).toMatchObject({ format: 'png', width: 224 });
  });

  it.each([
    ['/v1/models/iris:explain', { instances: [[6.3, 2.5, 5, 1.9]] }],
    ['/explanations/iris', [6.3, 2.5, 5, 1.9]],
    ['/v2/models/iris/explain', { inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 4], data: [6.3, 2.5, 5, 1.9] }] }],
  ])('gets none of tables: %s', async (path, body) => {
    const url = `${daemon.inference}${path}`;
    const refused = await sendJson(url, body, png);
    expect([refused.status, refused.text]).toEqual([406, expect.stringContaining('tree_shap explains tables')]);
    expect((await sendJson(url, body, { accept: 'image/png, application/json;q=0.5' })).status).toBe(200);
  });
});

/** The cells of the first column of all tables whose head begins so. */
function keysOfTables(): string[] {
  const tables = [...TEXT.matchAll(/^\| Key of `explainer:`.*\n\|.*\n((?:\|.*\n)+)/gm)].map(([, rows = '']) => rows);
  return tables.flatMap((rows) => [...rows.matchAll(/^\| `(\w+)`/gm)].map(([, key = '']) => key));
}

async function problemOf(explainer: unknown): Promise<string> {
  const options = { modelDir: folder, serializedFile: 'iris.onnx', modelConfig: { explainer } };
  const tested = testHandler({ handler: 'tabular_classifier', modelDir: folder }, [], options);
  return tested.then(() => '', String);
}

describe('the tables of the page have every', () => {
  const methods = [...TEXT.matchAll(/^\| \[`(\w+)`\]/gm)].map(([, method = '']) => method);

  it('method', async () => {
    expect((await problemOf({ method: '?' })).split('one of ')[1]).toBe(`${methods.join(', ')}, got "?"`);
  });

  it('key', async () => {
    // Keys are read before the model is looked at.
    const problems = await Promise.all(methods.map((method) => problemOf({ method, nonsense: 1 })));
    const known = problems.flatMap((problem) => /known are (.*)$/.exec(problem)?.[1]?.split(', ') ?? []);
    expect(new Set(keysOfTables())).toEqual(new Set(known));
  });
});
