/** Unpacks the files of a model again when they are gone. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ServeError, messageOf } from '../core/errors.ts';
import { listUnpacked } from './unpacked-files.ts';

/** What is restored, and how. */
export interface RestorerOptions {
  /** Folder with the files. */
  readonly modelDir: string;
  /** Folder beside it with the packages that handlers import. */
  readonly links: string;
  /** What errors call the archive. */
  readonly archive: string;
  /** Unpacks the archive into a new folder, and makes the links. @throws Error when that does not give the same files */
  readonly unpackAgain: (folder: string) => Promise<void>;
}

/** See `UnpackedModel.restoreFiles`. */
export type RestoreFiles = () => Promise<void> | undefined;

/** @param options of files that have just been unpacked */
export async function createRestorer(options: RestorerOptions): Promise<RestoreFiles> {
  const files = await listUnpacked(options.modelDir);
  let running: Promise<void> | undefined;
  return () => {
    if (running !== undefined) return running;
    if (files.areThere() && existsSync(options.links)) return undefined;
    running = restore(options).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function restore({ modelDir, archive, unpackAgain }: RestorerOptions): Promise<void> {
  const fresh = path.join(path.dirname(modelDir), randomUUID());
  try {
    await unpackAgain(fresh);
    await fill(modelDir, fresh);
  } catch (error) {
    const problem = `the folder ${modelDir}, into which ${archive} was unpacked, is gone or incomplete`;
    const advice = 'Register the model again.';
    const reason = `${problem}, and could not be made again: ${messageOf(error)}. ${advice}`;
    throw new ServeError('worker_start_failed', reason, { cause: error });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** A folder that is still there stays: workers have it for their working directory, and their handlers may be writing in it. */
async function fill(folder: string, fresh: string): Promise<void> {
  try {
    await rename(fresh, folder);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await cp(fresh, folder, { recursive: true, force: false });
  }
}
