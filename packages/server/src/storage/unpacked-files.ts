/** Which files were unpacked, and whether they are still there. */
import { existsSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import path from 'node:path';

/** The files of a model. */
export interface UnpackedFiles {
  /** Whether all of them are; a handler may have changed some, and made more. */
  areThere(): boolean;
}

/** How many are looked at: with them, a look takes a few milliseconds. */
const MOST_LOOKED_AT = 1000;

/** @param folder with the files, which no handler has seen yet */
export async function listUnpacked(folder: string): Promise<UnpackedFiles> {
  const files: string[] = [];
  for await (const file of filesBelow(folder)) {
    files.push(file);
    if (files.length === MOST_LOOKED_AT) break;
  }
  return { areThere: () => files.every((file) => existsSync(file)) };
}

async function* filesBelow(folder: string): AsyncGenerator<string, void> {
  for await (const item of await opendir(folder)) {
    const file = path.join(folder, item.name);
    if (item.isDirectory()) yield* filesBelow(file);
    else yield file;
  }
}
