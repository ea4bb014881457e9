/** docs/seldon.md shows a component and commands, and all of it is true. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT, runBlock } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/seldon.md');

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-page-'));
  await mkdir(path.join(folder, 'model-store'));
  for (const name of ['node_modules', 'packages', 'package.json'])
    await symlink(path.join(ROOT, name), path.join(folder, name));
  for (const { text } of BLOCKS) {
    const [, name] = /^(?:\/\/|#) (\S+\.(?:ts|yaml))$/m.exec(text.split('\n')[0] ?? '') ?? [];
    if (name !== undefined) await writeFile(path.join(folder, name), text);
  }
  daemon = await startDaemon({ config: { model_store: path.join(folder, 'model-store') } });
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(2);
  for (const block of commands) {
    const replace = { 'http://127.0.0.1:8080': daemon.inference, 'http://127.0.0.1:8081': daemon.management };
    const output = await runBlock(block, { replace, cwd: folder });
    expect(JSON.parse(output.slice(output.indexOf('{')))).toEqual(JSON.parse(block.next?.text ?? ''));
  }
});
