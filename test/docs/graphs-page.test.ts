/** docs/graphs.md shows a graph and commands, and all of it is true. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels } from '../helpers/daemon.ts';
import { servePage, type ServedPage } from '../helpers/page-folder.ts';
import { readBlocks } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/graphs.md');

let page: ServedPage;

beforeAll(async () => {
  page = await servePage(BLOCKS, (store) => addArchive(store, { name: 'price', model: HOUSE_PRICE }));
  await registerModels(page.daemon, ['price']);
});

afterAll(() => page?.close());

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(4);
  for (const block of commands) {
    const output = await page.run(block);
    if (block.next?.language === 'json') expect(JSON.parse(output)).toEqual(JSON.parse(block.next.text));
    else expect(output).toMatch(/(houses|lowest).*registered/);
  }
});
