/** A folder for what is made on the way to an archive. */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @param run is given a folder of its own, which is removed after it @throws what it throws; the signal's reason when that is aborted */
export async function inStaging<T>(signal: AbortSignal | undefined, run: (staging: string) => Promise<T>): Promise<T> {
  const staging = await mkdtemp(join(await realpath(tmpdir()), 'model-archiver-'));
  try {
    return await run(staging);
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
