/** A large file of floats like those of a model: deflate finds a tenth in them, and has work to find it. */
import { open } from 'node:fs/promises';
import { randomFloats, randomNumbers } from './random.ts';

const PART_FLOATS = 2 ** 21;

/** @param megabytes whole multiples of 8 */
export async function writeWeights(file: string, megabytes: number): Promise<void> {
  const part = new Uint8Array(randomFloats(PART_FLOATS, 0.1, randomNumbers(99)).buffer);
  const handle = await open(file, 'w');
  try {
    for (let written = 0; written < megabytes * 2 ** 20; written += part.length) await handle.write(part);
  } finally {
    await handle.close();
  }
}
