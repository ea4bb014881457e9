/** Which models the archives of the model store hold, by their manifests. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readManifest, type ArchiveLimits, type MetaParsers } from '@marserve/archiver/format';
import { messageOf, ServeError } from '../core/errors.ts';
import type { StoredArchive } from '../core/registry/model-source.ts';
import { findBareModel, type BareModel } from './bare-model.ts';
import { listArchives } from './locate-archive.ts';

/** Where archives are looked for, and how their manifests are read. */
export interface ArchiveListOptions {
  /** The model store. */
  readonly directory: string;
  /** What an archive may have; see `DEFAULT_LIMITS` for those that are not given. */
  readonly limits: Partial<ArchiveLimits>;
  /** Read the manifests. */
  readonly parsers: MetaParsers;
}

/** What was read, and of which state of the file. */
interface Remembered {
  readonly stamp: string;
  readonly archive: StoredArchive;
}

/** A manifest is read again when its archive has changed; those of folders each time, since their times do not tell. */
export function createArchiveList(options: ArchiveListOptions): () => Promise<StoredArchive[]> {
  let remembered = new Map<string, Remembered>();
  return async () => {
    const names = await listArchives(options.directory).catch(asServeError);
    const found = new Map<string, Remembered>();
    for (const name of names) {
      const read = await readArchive(name, remembered.get(name), options);
      if (read !== undefined) found.set(name, read);
    }
    remembered = found;
    return [...found.values()].map(({ archive }) => archive);
  };
}

/** Undefined for one that is gone meanwhile. */
async function readArchive(
  name: string,
  before: Remembered | undefined,
  { directory, limits, parsers }: ArchiveListOptions,
): Promise<Remembered | undefined> {
  const file = path.join(directory, name);
  const bare = await findBareModel(file);
  const facts = await stat(bare?.file ?? file).catch(() => undefined);
  if (facts === undefined) return undefined;
  const { mtimeMs: modifiedMs, size, ino } = facts;
  const stamp = `${modifiedMs} ${size} ${ino}`;
  if (bare !== undefined) return { stamp, archive: { url: name, modifiedMs, key: bareKey(bare) } };
  if (before?.stamp === stamp && facts.isFile()) return before;
  try {
    const { model } = await readManifest(file, { ...limits, parsers });
    return { stamp, archive: { url: name, modifiedMs, key: { name: model.modelName, version: model.modelVersion } } };
  } catch (error) {
    const key = { name: name.replace(/\.(mar|model|tar\.gz|tgz)$/i, '') };
    return { stamp, archive: { url: name, modifiedMs, key, problem: messageOf(error) } };
  }
}

function bareKey({ name, version }: BareModel): StoredArchive['key'] {
  return { name, version };
}

function asServeError(error: unknown): never {
  throw new ServeError('storage_failed', `The model store cannot be read: ${messageOf(error)}`, { cause: error });
}
