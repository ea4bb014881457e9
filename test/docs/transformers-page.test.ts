/** What docs/transformers.md shows is true: its transformer is packaged, served, and asks a predictor. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT, runBlock } from '../helpers/pages.ts';

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
  expect(ran).toBe(3);
});
