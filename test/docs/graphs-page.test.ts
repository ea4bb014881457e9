/** docs/graphs.md shows a graph and commands, and all of it is true. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { createPageFolder } from '../helpers/page-folder.ts';
import { readBlocks, runBlock } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/graphs.md');

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

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(4);
  const replace = { 'http://127.0.0.1:8080': daemon.inference, 'http://127.0.0.1:8081': daemon.management };
  for (const block of commands) {
    const output = await runBlock(block, { replace, cwd: folder });
    if (block.next?.language === 'json') expect(JSON.parse(output)).toEqual(JSON.parse(block.next.text));
    else expect(output).toMatch(/(houses|lowest).*registered/);
  }
});
