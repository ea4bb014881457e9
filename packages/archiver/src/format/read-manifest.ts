/** Finds, parses and checks the manifest of an archive. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { archiveEntries } from './archive-entries.ts';
import { ArchiveError, messageOf } from './archive-error.ts';
import { MANIFEST_PATH, type Manifest, manifestSchema } from './manifest.ts';
import type { ReadOptions } from './read-budget.ts';

const MAX_MANIFEST_BYTES = 8 * 2 ** 20;

/**
 * The manifest of an archive, without unpacking the rest.
 * @throws ArchiveError
 */
export async function readManifest(archive: string, options: ReadOptions = {}): Promise<Manifest> {
  for await (const entry of archiveEntries(archive, options)) {
    if (entry.path === MANIFEST_PATH) return parseManifest(await manifestText(await entry.open(), archive), archive);
  }
  throw missingManifest(archive);
}

/** The error for an archive without a manifest. */
export function missingManifest(archive: string): ArchiveError {
  return new ArchiveError('no_manifest', `${archive} has no ${MANIFEST_PATH}; make the archive with model-archiver.`);
}

/** The text of a manifest, which must not be long. */
export async function manifestText(content: Readable, archive: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_MANIFEST_BYTES) {
      throw new ArchiveError(
        'invalid_manifest',
        `${archive}: ${MANIFEST_PATH} is longer than ${MAX_MANIFEST_BYTES} bytes.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Checks a manifest's text and fills in the defaults.
 * @throws ArchiveError `invalid_manifest`, with every field that is wrong
 */
export function parseManifest(text: string, archive: string): Manifest {
  const result = manifestSchema.safeParse(parseJson(text.replace(/^\uFEFF/, ''), archive));
  if (result.success) return result.data;
  const problems = result.error.issues.map(inWords).join('; ');
  throw new ArchiveError('invalid_manifest', `${archive}: ${MANIFEST_PATH} is not valid: ${problems}.`, {
    cause: result.error,
  });
}

function parseJson(text: string, archive: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = `${archive}: ${MANIFEST_PATH} is not JSON (${messageOf(error)}).`;
    throw new ArchiveError('invalid_manifest', problem, { cause: error });
  }
}

function inWords(issue: z.core.$ZodIssue): string {
  const field = issue.path.length === 0 ? 'the manifest' : issue.path.join('.');
  const problem = issue.message.replace('Invalid input: ', '');
  return problem.endsWith('received undefined') ? `${field} is missing` : `${field}: ${problem}`;
}
