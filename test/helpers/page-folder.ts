/** A folder in which a reader of a page has typed what it shows, and a server for its commands. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startDaemon, type Daemon } from './daemon.ts';
import { ROOT, runBlock, type Block } from './pages.ts';

interface PageFolder {
  readonly folder: string;
  /** An empty model store in it. */
  readonly store: string;
}

/** Has the packages, and the blocks of code that begin with the name of a file: `// prices.ts`, `# prices.yaml`. The caller deletes it. */
async function createPageFolder(blocks: readonly Block[]): Promise<PageFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-page-'));
  const store = path.join(folder, 'model-store');
  await mkdir(store);
  for (const name of ['node_modules', 'packages', 'package.json']) {
    await symlink(path.join(ROOT, name), path.join(folder, name));
  }
  for (const { text } of blocks) {
    const [, name] = /^(?:\/\/|#) (\w+\.(?:ts|yaml))/.exec(text) ?? [];
    if (name !== undefined) await writeFile(path.join(folder, name), text);
  }
  return { folder, store };
}

/** A page whose commands a server answers. */
export interface ServedPage {
  readonly daemon: Daemon;
  /** Runs a block in the folder of the page, with the server's addresses. @returns what it prints */
  run(block: Block): Promise<string>;
  /** Ends the server, and deletes the folder. */
  close(): Promise<void>;
}

/** @param fill puts archives into the store that the page does not make itself */
export async function servePage(
  blocks: readonly Block[],
  fill: (store: string) => Promise<void> = async () => {},
): Promise<ServedPage> {
  const { folder, store } = await createPageFolder(blocks);
  await fill(store);
  const daemon = await startDaemon({ config: { model_store: store } });
  const replace = { 'http://127.0.0.1:8080': daemon.inference, 'http://127.0.0.1:8081': daemon.management };
  return {
    daemon,
    run: (block) => runBlock(block, { replace, cwd: folder }),
    async close() {
      await daemon.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
