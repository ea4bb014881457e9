/** docs/workflows.md shows a workflow and commands, and all of it is true. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { servePage, type ServedPage } from '../helpers/page-folder.ts';
import { readBlocks } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/workflows.md');

let page: ServedPage;

beforeAll(async () => {
  page = await servePage(BLOCKS, async (store) => {
    await addArchive(store, { name: 'price', model: HOUSE_PRICE });
    await addArchive(store, { name: 'rent', model: matMulModel({ weights: [[10], [20], [-1]] }) });
  });
});

afterAll(() => page?.close());

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(2);
  for (const block of commands) {
    const output = await page.run(block);
    if (block.next?.language === 'json') expect(JSON.parse(output)).toEqual(JSON.parse(block.next.text));
    else expect(output).toContain('Workflow houses has been registered and scaled successfully.');
  }
});
