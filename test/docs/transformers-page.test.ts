/** What docs/transformers.md shows is true: its transformer is packaged, served, and asks a predictor. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildModel, floatBytes } from '../fixtures/onnx-builder.ts';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { readBlocks, ROOT, runBlock } from '../helpers/pages.ts';

/** The model of the second release: `price` = 3 · area + 20 · rooms − age · 5/3. */
const DOLLAR_PRICE = buildModel({
  inputs: [{ name: 'features', type: 'float32', shape: ['batch', 3] }],
  outputs: [{ name: 'price', type: 'float32', shape: ['batch', 1] }],
  nodes: [{ op: 'MatMul', inputs: ['features', 'weights'], outputs: ['price'] }],
  initializers: [{ name: 'weights', type: 'float32', dims: [3, 1], bytes: floatBytes([3, 20, -5 / 3]) }],
});

const BLOCKS = await readBlocks('docs/transformers.md');

let predictor: Daemon;
let daemon: Daemon;
/** In the repository, so that the transformer finds its package. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(ROOT, 'node_modules/.transformers-'));
  [predictor, daemon] = await Promise.all([startDaemon(), startDaemon()]);
  await addArchive(predictor.store, { name: 'price', model: HOUSE_PRICE });
  await registerModels(predictor, ['price']);
  await writeFile(path.join(folder, 'price-2.0.onnx'), DOLLAR_PRICE);
});

afterAll(async () => {
  await Promise.all([daemon?.close(), predictor?.close()]);
  await rm(folder, { recursive: true, force: true });
});

it('its files and commands work, in their order', async () => {
  const replace = {
    '127.0.0.1:9080': new URL(predictor.inference).host,
    'http://127.0.0.1:8080': daemon.inference,
    'http://127.0.0.1:8081': daemon.management,
    'http://127.0.0.1:9081': predictor.management,
    'predictor-store': predictor.store,
    '--export-path model-store': `--export-path ${daemon.store}`,
  };
  let ran = 0;
  for (const block of BLOCKS) {
    const [, name] = /^(?:\/\/|#) (\S+\.(?:ts|yaml))\n/.exec(block.text) ?? [];
    const host = block.text.replace('127.0.0.1:9080', new URL(predictor.inference).host);
    if (name !== undefined) await writeFile(path.join(folder, name), host);
    if (block.language !== 'bash' || !/npx|curl/.test(block.text)) continue;
    const output = await runBlock(block, { cwd: folder, replace });
    ran += 1;
    if (block.next?.language !== 'json') continue;
    expect(JSON.parse(output.slice(output.indexOf('{'))), block.text).toEqual(JSON.parse(block.next.text));
  }
  expect(ran).toBe(8);
  expect((await send(`${predictor.management}/models/price/all`)).json()).toMatchObject([{ modelVersion: '2.0' }]);
});
