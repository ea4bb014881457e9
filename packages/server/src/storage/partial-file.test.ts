import { spawnSync } from 'node:child_process';
import { link, readdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { partialFileIn, removeAbandoned } from './partial-file.ts';

/** A store as a killed process left it, with an archive of this process and one that was put there. */
async function createStore() {
  const store = await temporaryFolder();
  const { pid } = spawnSync(process.execPath, ['--version']);
  const ofTheDead = () => partialFileIn(store).replace(`.${process.pid}.`, `.${pid}.`);
  const put = async (partial: string, archive?: string) => {
    await writeFile(partial, 'content');
    if (archive !== undefined) await link(partial, path.join(store, archive));
    return path.basename(partial);
  };
  await put(ofTheDead());
  await put(ofTheDead(), 'fetched.mar');
  await put(ofTheDead(), 'registered.mar');
  const foreign = await put(ofTheDead().replace(hostname(), 'another-machine'), 'foreign.mar');
  const own = await put(partialFileIn(store), 'own.mar');
  await writeFile(path.join(store, 'put-there.mar'), 'content');
  return { store, others: [foreign, 'foreign.mar', own, 'own.mar', 'put-there.mar'] };
}

describe('what a killed daemon has left in the model store', () => {
  it('goes: half downloads, and archives that nobody has registered', async () => {
    const { store, others } = await createStore();
    await removeAbandoned(store, (archive) => archive === 'registered.mar');
    expect(new Set(await readdir(store))).toEqual(new Set(['registered.mar', ...others]));
  });

  it('goes as far as it is not whole when nobody knows what was registered', async () => {
    const { store, others } = await createStore();
    await removeAbandoned(store, () => true);
    expect(new Set(await readdir(store))).toEqual(new Set(['fetched.mar', 'registered.mar', ...others]));
  });
});
