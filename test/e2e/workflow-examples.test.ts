/** TorchServe's examples of workflows, for ONNX: packaged by the commands of their README, and asked. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WORKFLOW_MODELS } from '../fixtures/workflow-models.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT, runBlock, type Block } from '../helpers/pages.ts';

const FOLDER = path.join(ROOT, 'examples/workflows');
const COMMANDS = (await readBlocks('examples/workflows/README.md')).filter(({ language }) => language === 'bash');
const [packaging, , ...requests] = COMMANDS;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon();
});

afterAll(() => daemon?.close());

const run = (block: Block) =>
  runBlock(block, {
    cwd: FOLDER,
    env: { PATH: `${path.join(ROOT, 'node_modules/.bin')}${path.delimiter}${process.env['PATH']}` },
    replace: {
      // The server loads each module itself; that the archiver does so before takes a second process for each.
      'model-store': `${daemon.store} --no-validate`,
      'http://127.0.0.1:8080': daemon.inference,
      'http://127.0.0.1:8081': daemon.management,
    },
  });

it('their models are what is said of them', async () => {
  for (const [name, model] of Object.entries(WORKFLOW_MODELS)) {
    expect(model.equals(await readFile(path.join(FOLDER, 'models', name))), name).toBe(true);
  }
});

it('they answer what their README says', async () => {
  await run(packaging as Block);
  expect(requests).toHaveLength(9);
  for (const block of requests) {
    const output = await run(block);
    const { language, text = '' } = block.next ?? {};
    if (language === 'json') expect(JSON.parse(output)).toEqual(JSON.parse(text));
    if (language === 'text') expect(output).toBe(text.trimEnd());
  }
});
