/** What docs/open-inference-protocol.md shows is true: its commands and programs run. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT, runBlock } from '../helpers/pages.ts';
import { missingPython, runPython } from '../helpers/python.ts';

const BLOCKS = await readBlocks('docs/open-inference-protocol.md');
const COMMANDS = BLOCKS.filter(({ language }) => language === 'bash');

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-page-'));
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
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

/** Writes the program that has its name in its first line, for this daemon. */
async function writeProgram(name: string): Promise<string> {
  const text = BLOCKS.find((block) => block.text.split('\n')[0]?.endsWith(` ${name}`))?.text;
  if (text === undefined) throw new Error(`the page has no program ${name}`);
  const file = path.join(folder, name);
  const { inference, grpcInference } = daemon;
  const ours = text.replaceAll('127.0.0.1:8080', inference.replace('http://', ''));
  await writeFile(file, ours.replaceAll('127.0.0.1:7070', grpcInference));
  return file;
}

it.each(['infer.mjs', 'infer-grpc.mjs'])('the program %s in JavaScript prints prices', async (name) => {
  const { stdout } = await promisify(execFile)(process.execPath, [await writeProgram(name)], { cwd: folder });
  expect(stdout).toBe('258 160\n');
});

const PRICES = '[[258.]\n [160.]]\n';

describe.skipIf(missingPython() !== undefined)('a program in Python', () => {
  it.each([
    ['infer.py', PRICES],
    ['infer_grpc.py', PRICES],
    ['stream_grpc.py', '0 [[270.]]\n1 [[269.]]\n2 [[268.]]\n'],
  ])('%s prints prices', async (name, expected) => {
    const printed = await runPython(pathToFileURL(await writeProgram(name)).href, {});
    // The answers of a stream may come in any order.
    expect(printed.split('\n').toSorted()).toEqual(expected.split('\n').toSorted());
  });
});
