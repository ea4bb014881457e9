/** docs/deployments.md shows a file, and what the server makes of it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels } from '../helpers/daemon.ts';
import { sendJson } from '../helpers/http.ts';
import { servePage, type ServedPage } from '../helpers/page-folder.ts';
import { readBlocks } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/deployments.md');

let page: ServedPage;

beforeAll(async () => {
  page = await servePage(BLOCKS, (store) => addArchive(store, { name: 'price', model: HOUSE_PRICE }));
  await registerModels(page.daemon, ['price']);
});

afterAll(() => page?.close());

it('its file is served as it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).toHaveLength(1);
  for (const block of commands) {
    const output = await page.run(block);
    expect(JSON.parse(output)).toEqual(JSON.parse(block.next?.text ?? ''));
  }
  const answer = await sendJson(`${page.daemon.inference}/v1/models/opinions:predict`, { instances: [[80, 3, 12]] });
  expect(answer.json()).toEqual({ predictions: [[258]] });
});
