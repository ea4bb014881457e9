/** The programs of the pages about protocols run: each asks which digit an image shows. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDigitSearch } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT } from '../helpers/pages.ts';
import { missingPython, runPython, runPythonCommand } from '../helpers/python.ts';

const PAGES = ['inference', 'grpc', 'kserve-v1'];

let daemon: Daemon;
/** In the repository, so that programs find its packages. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(ROOT, 'node_modules/.programs-'));
  daemon = await startDaemon({ fill: addDigitSearch });
  await registerModels(daemon, ['embedding']);
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Writes the program of a page for this daemon. */
async function writeProgram(page: string, language: string, extension: string): Promise<string> {
  const blocks = (await readBlocks(`docs/${page}.md`)).filter((block) => block.language === language);
  expect(blocks).toHaveLength(1);
  const file = path.join(folder, `program-${page}.${extension}`);
  const text = (blocks[0]?.text ?? '')
    .replaceAll('127.0.0.1:8080', new URL(daemon.inference).host)
    .replaceAll('127.0.0.1:7070', daemon.grpcInference);
  await writeFile(file, text);
  return file;
}

describe.each(PAGES)('the page %s', (page) => {
  it('has a program for Node', async () => {
    const file = await writeProgram(page, 'js', 'mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: ROOT });
    expect(stdout).toMatch(/^7\n$|"pred":7/);
  });

  it.skipIf(missingPython() !== undefined)('has a program for Python', async () => {
    const file = await writeProgram(page, 'python', 'py');
    const protos = ['google/rpc/status.proto', 'torchserve/inference.proto', 'torchserve/management.proto'];
    const out = [`--python_out=${folder}`, `--grpc_python_out=${folder}`];
    if (page === 'grpc') {
      const parameters = ['-m', 'grpc_tools.protoc', '-I', 'packages/server/proto', ...out, ...protos];
      await runPythonCommand('python', parameters, { cwd: ROOT });
    }
    expect(await runPython(pathToFileURL(file).href, { PYTHONPATH: folder })).toMatch(/^7\n$|"pred":7/);
  });
});
