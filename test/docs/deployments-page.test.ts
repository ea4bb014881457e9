/** docs/deployments.md shows a file, and what the server makes of it. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { sendJson } from '../helpers/http.ts';
import { createPageFolder } from '../helpers/page-folder.ts';
import { readBlocks, runBlock } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/deployments.md');

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  const page = await createPageFolder(BLOCKS);
  folder = page.folder;
  await addArchive(page.store, { name: 'price', model: HOUSE_PRICE });
  daemon = await startDaemon({ config: { model_store: page.store } });
  await registerModels(daemon, ['price']);
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

it('its file is served as it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(1);
  for (const block of commands) {
    const output = await runBlock(block, { replace: { 'http://127.0.0.1:8081': daemon.management }, cwd: folder });
    expect(JSON.parse(output)).toEqual(JSON.parse(block.next?.text ?? ''));
  }
  const answer = await sendJson(`${daemon.inference}/v1/models/opinions:predict`, { instances: [[80, 3, 12]] });
  expect(answer.json()).toEqual({ predictions: [[258]] });
});
