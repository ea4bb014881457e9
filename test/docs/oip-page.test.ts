/** What docs/open-inference-protocol.md shows is true: its commands and programs run. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, runBlock } from '../helpers/pages.ts';
import { missingPython, runPython } from '../helpers/python.ts';

const BLOCKS = await readBlocks('docs/open-inference-protocol.md');
const COMMANDS = BLOCKS.filter(({ language }) => language === 'bash');

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-page-'));
  daemon = await startDaemon();
  await addArchive(daemon.store, { name: 'price', model: HOUSE_PRICE });
  await registerModels(daemon, ['price']);
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

it.each(COMMANDS.map((block) => [block.text.split('\n')[0], block] as const))('%s', async (_, block) => {
  const replace = { 'http://127.0.0.1:8080': daemon.inference, 'http://127.0.0.1:8081': daemon.management };
  const output = await runBlock(block, { replace, cwd: folder });
  if (block.next?.language === 'json') expect(JSON.parse(output)).toEqual(JSON.parse(block.next.text));
  else expect(output).toMatch(/^(data: )?\{"model_(name":"price"|stats":\[)/);
});

/** Writes a program of the page for this daemon. */
async function writeProgram(language: string, name: string): Promise<string> {
  const text = BLOCKS.find((block) => block.language === language)?.text ?? '';
  const file = path.join(folder, name);
  await writeFile(file, text.replaceAll('127.0.0.1:8080', daemon.inference.replace('http://', '')));
  return file;
}

it('the program in JavaScript prints prices', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [await writeProgram('js', 'infer.mjs')]);
  expect(stdout).toBe('258 160\n');
});

it.skipIf(missingPython() !== undefined)('the program in Python prints prices', async () => {
  const file = await writeProgram('python', 'infer.py');
  expect(await runPython(pathToFileURL(file).href, {})).toBe('[[258.]\n [160.]]\n');
});
