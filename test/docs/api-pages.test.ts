import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDigitSearch } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove } from '../helpers/http.ts';
import { readBlocks, runBlock, type Block } from '../helpers/pages.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({ fill: addDigitSearch });
});

afterAll(() => daemon.close());

/** Runs the page's commands in order; a block of JSON behind one is what it prints. */
async function runPage(page: string): Promise<void> {
  const replace = {
    'http://127.0.0.1:8080': daemon.inference,
    'http://127.0.0.1:8081': daemon.management,
    'http://127.0.0.1:8082': daemon.metrics,
  };
  const isCurl = ({ language, text }: Block) => language === 'bash' && text.startsWith('curl');
  const blocks = (await readBlocks(page)).filter(isCurl);
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) {
    const output = await runBlock(block, { replace });
    if (block.next?.language === 'json') expect(JSON.parse(output), block.text).toEqual(JSON.parse(block.next.text));
  }
}

describe('the commands of the docs', () => {
  it('about management do what the page says', async () => {
    await runPage('docs/management.md');
  });

  it('about inference do what the page says', async () => {
    await registerModels(daemon, ['embedding']);
    await runPage('docs/inference.md');
    await remove(`${daemon.management}/models/embedding`);
  });

  it('about KServe V1 do what the page says', async () => {
    await registerModels(daemon, ['embedding']);
    await runPage('docs/kserve-v1.md');
    await remove(`${daemon.management}/models/embedding`);
  });

  it('about metrics do what the page says', async () => {
    await registerModels(daemon, ['embedding']);
    await runPage('docs/metrics.md');
    await remove(`${daemon.management}/models/embedding`);
  });
});
