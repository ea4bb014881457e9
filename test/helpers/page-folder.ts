/** A folder in which a reader of a page has typed what it shows. */
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ROOT, type Block } from './pages.ts';

export interface PageFolder {
  readonly folder: string;
  /** An empty model store in it. */
  readonly store: string;
}

/** Has the packages, and the blocks of code that begin with the name of a file: `// prices.ts`, `# prices.yaml`. The caller deletes it. */
export async function createPageFolder(blocks: readonly Block[]): Promise<PageFolder> {
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
