/** Counts bytes for whoever shows the progress. */
import { totalOf } from './archive-size.ts';
import type { ArchiveFile } from '../format/write-archive.ts';
import type { PackageHearing, Progress } from '../package-options.ts';

/** A function that is told of every piece, and reports the sum. */
export function progressOf(
  phase: Progress['phase'],
  files: readonly ArchiveFile[],
  { onProgress }: PackageHearing,
): (bytes: number) => void {
  const total = totalOf(files);
  let done = 0;
  return (bytes) => {
    done = Math.min(total, done + bytes);
    onProgress?.({ phase, done, total });
  };
}
