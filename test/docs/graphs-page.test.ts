/** docs/graphs.md shows a graph and commands, and all of it is true. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT, runBlock } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/graphs.md');

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-page-'));
  const store = path.join(folder, 'model-store');
  await mkdir(store);
  for (const name of ['node_modules', 'packages', 'package.json']) {
    await symlink(path.join(ROOT, name), path.join(folder, name));
  }
  for (const { text } of BLOCKS) {
    const [, name] = /^(?:\/\/|#) (\w+\.(?:ts|yaml))/.exec(text) ?? [];
    if (name !== undefined) await writeFile(path.join(folder, name), text);
  }
  await addArchive(store, { name: 'price', model: HOUSE_PRICE });
  daemon = await startDaemon({ config: { model_store: store } });
  await registerModels(daemon, ['price']);
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(2);
  const replace = { 'http://127.0.0.1:8080': daemon.inference, 'http://127.0.0.1:8081': daemon.management };
  for (const block of commands) {
    const output = await runBlock(block, { replace, cwd: folder });
    if (block.next?.language === 'json') expect(JSON.parse(output)).toEqual(JSON.parse(block.next.text));
    else expect(output).toMatch(/houses.*registered/);
  }
});
