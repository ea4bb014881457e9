/** docs/seldon.md shows a component and commands, and all of it is true. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { createPageFolder } from '../helpers/page-folder.ts';
import { readBlocks, runBlock } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/seldon.md');

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  const page = await createPageFolder(BLOCKS);
  folder = page.folder;
  daemon = await startDaemon({ config: { model_store: page.store } });
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(4);
  for (const block of commands) {
    const replace = { 'http://127.0.0.1:8080': daemon.inference, 'http://127.0.0.1:8081': daemon.management };
    const output = await runBlock(block, { replace, cwd: folder });
    expect(JSON.parse(output.slice(output.indexOf('{')))).toEqual(JSON.parse(block.next?.text ?? ''));
  }
});
