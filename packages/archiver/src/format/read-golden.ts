/** Reads the golden requests of an archive. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ArchiveError, messageOf, systemCode } from './archive-error.ts';
import { GOLDEN_PATH, type GoldenRequest } from './golden.ts';
import { readMetaFile } from './meta-file.ts';
import { GOLDEN, type MetaParsers, metaParsers } from './meta-parsers.ts';

/**
 * The golden requests of an archive that was unpacked.
 * @param archive what errors call the archive; its folder by default
 * @returns undefined when it has none
 * @throws ArchiveError `invalid_golden`, with every field that is wrong
 */
export async function readGolden(
  modelDir: string,
  archive: string = modelDir,
  parsers: MetaParsers = metaParsers,
): Promise<readonly GoldenRequest[] | undefined> {
  try {
    return await parseGolden(createReadStream(join(modelDir, GOLDEN_PATH)), archive, parsers);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') return undefined;
    const problem = `${archive}: ${GOLDEN_PATH} cannot be read: ${messageOf(error)}`;
    throw new ArchiveError('unreadable', problem, { cause: error });
  }
}

/** @throws ArchiveError `invalid_golden`, with the fields that are wrong */
export async function parseGolden(
  content: Readable,
  archive: string,
  parsers: MetaParsers = metaParsers,
): Promise<readonly GoldenRequest[]> {
  return parsers.golden(await readMetaFile(GOLDEN, content, archive), archive);
}
