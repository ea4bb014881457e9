/** Reads the golden requests of an archive. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ArchiveError, messageOf, systemCode } from './archive-error.ts';
import { GOLDEN_PATH, type GoldenRequest, MAX_GOLDEN_BYTES, goldenSchema } from './golden.ts';
import { type MetaFile, readMetaFile } from './meta-file.ts';

const GOLDEN: MetaFile<{ readonly requests: readonly GoldenRequest[] }> = {
  path: GOLDEN_PATH,
  maxBytes: MAX_GOLDEN_BYTES,
  schema: goldenSchema,
  code: 'invalid_golden',
};

/**
 * The golden requests of an archive that was unpacked.
 * @param archive what errors call the archive; its folder by default
 * @returns undefined when it has none
 * @throws ArchiveError `invalid_golden`, with every field that is wrong
 */
export async function readGolden(
  modelDir: string,
  archive: string = modelDir,
): Promise<readonly GoldenRequest[] | undefined> {
  try {
    return await parseGolden(createReadStream(join(modelDir, GOLDEN_PATH)), archive);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') return undefined;
    const problem = `${archive}: ${GOLDEN_PATH} cannot be read: ${messageOf(error)}`;
    throw new ArchiveError('unreadable', problem, { cause: error });
  }
}

/** @throws ArchiveError `invalid_golden`, with every field that is wrong */
export async function parseGolden(content: Readable, archive: string): Promise<readonly GoldenRequest[]> {
  return (await readMetaFile(GOLDEN, content, archive)).requests;
}
