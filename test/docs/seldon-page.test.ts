/** docs/seldon.md shows a component and commands, and all of it is true. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { servePage, type ServedPage } from '../helpers/page-folder.ts';
import { readBlocks } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/seldon.md');

let page: ServedPage;

beforeAll(async () => {
  page = await servePage(BLOCKS);
});

afterAll(() => page?.close());

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(4);
  for (const block of commands) {
    const output = await page.run(block);
    expect(JSON.parse(output.slice(output.indexOf('{')))).toEqual(JSON.parse(block.next?.text ?? ''));
  }
});
