/** What docs/client.md shows is true: its programs run, and print what it says. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT } from '../helpers/pages.ts';

const WORDS = `
  export function handle(data) { return data?.map(({ body }) => words(String(body))); }
  async function* words(text) { for (const word of text.split(' ')) yield word; }
`;
const PROGRAMS = (await readBlocks('docs/client.md')).filter(({ language }) => language === 'js');

let daemon: Daemon;
/** In the repository, so that programs find its packages. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(ROOT, 'node_modules/.programs-'));
  daemon = await startDaemon();
  await addArchive(daemon.store, { name: 'price', model: HOUSE_PRICE });
  await addArchive(daemon.store, { name: 'words', source: WORDS });
  await registerModels(daemon, ['price', 'words']);
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

it.each(PROGRAMS.map((block) => [/^\/\/ (\S+)/.exec(block.text)?.[1] ?? '', block] as const))(
  '%s',
  async (name, block) => {
    const file = path.join(folder, name);
    const text = block.text
      .replaceAll('http://127.0.0.1:8080', daemon.inference)
      .replaceAll('http://127.0.0.1:8081', daemon.management)
      .replaceAll('127.0.0.1:7070', daemon.grpcInference);
    await writeFile(file, text);
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    if (block.next?.language === 'text') expect(stdout).toBe(block.next.text);
    // How text is cut, and which answer comes first, is up to the network.
    else expect(stdout.replaceAll('\n', '')).toMatch(/^onebyone258(80 m² 258|60 m² 198){2}$/);
  },
);
