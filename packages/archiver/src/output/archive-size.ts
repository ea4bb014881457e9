/** Judges sizes: what a format can hold, and what readers take. */
import { messageOf } from '../format/archive-error.ts';
import { ReadBudget } from '../format/read-budget.ts';
import type { ArchiveFormat } from '../format/archive-formats.ts';
import type { ArchiveFile } from '../format/write-archive.ts';
import { MAX_ZIP_FILES, MAX_ZIP_FILE_BYTES, MAX_ZIP_TOTAL_BYTES } from '../format/write-zip.ts';
import { PackagingError } from '../packaging-error.ts';

const OTHER_FORMATS = 'Use --archive-format tgz or --archive-format no-archive, which take any size.';

/** @param hint what to do then @throws PackagingError when the format cannot hold the files */
export function refuseTooLarge(format: ArchiveFormat, files: readonly ArchiveFile[], hint = OTHER_FORMATS): void {
  if (format === 'tgz' || format === 'no-archive') return;
  const problem = zipProblem(files);
  if (problem === undefined) return;
  throw new PackagingError('too_large', `This is too large for the archive format ${format}: ${problem}. ${hint}`);
}

function zipProblem(files: readonly ArchiveFile[]): string | undefined {
  const file = files.find(({ size }) => size > MAX_ZIP_FILE_BYTES);
  if (file !== undefined) {
    return `${file.path} has ${file.size} bytes, and a file of a zip can have ${MAX_ZIP_FILE_BYTES}`;
  }
  const total = totalOf(files);
  if (total > MAX_ZIP_TOTAL_BYTES) {
    return `the files have ${total} bytes together, and those of a zip can have ${MAX_ZIP_TOTAL_BYTES}`;
  }
  return files.length > MAX_ZIP_FILES
    ? `there are ${files.length} files, and a zip can have ${MAX_ZIP_FILES}`
    : undefined;
}

/**
 * Why a server with its default limits would refuse an archive that was made, undefined when it takes it.
 * @param size bytes of the archive
 */
export function readersObjection(
  format: ArchiveFormat,
  files: readonly ArchiveFile[],
  size: number,
): string | undefined {
  const budget = new ReadBudget('This archive', size, {});
  try {
    for (let count = 0; count < files.length; count += 1) budget.countEntry();
    // The files of a directory are linked, not unpacked.
    if (format !== 'no-archive') budget.countBytes(totalOf(files));
    return undefined;
  } catch (error) {
    return `A server will not take this archive, unless its limits are raised. ${messageOf(error)}`;
  }
}

/** Bytes of all files together. */
export function totalOf(files: readonly { readonly size: number }[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
