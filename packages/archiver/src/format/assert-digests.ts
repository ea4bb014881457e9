/** Refuses archives whose files are not as their manifest says. */
import { ArchiveError } from './archive-error.ts';
import type { Manifest } from './manifest.ts';
import { compareDigests } from './verify-files.ts';

/** What a manifest says about the files beside it. */
export interface ManifestDigests {
  /** Where the manifest lies; it is not among its own digests. */
  readonly path: string;
  /** Undefined where it has none: such an archive passes. */
  readonly files?: Manifest['files'];
}

/** @param found path → sha256 of every file @throws ArchiveError `digest_mismatch` that names the first one */
export function assertDigests(
  { path: manifest, files }: ManifestDigests,
  found: ReadonlyMap<string, string>,
  archive: string,
): void {
  if (files === undefined) return;
  const others = new Map(found);
  others.delete(manifest);
  const [first, ...more] = compareDigests(files, others);
  if (first === undefined) return;
  const { path, problem } = first;
  const problems = {
    differs: `differs from its digest (sha256) in ${manifest}: expected ${files[path]?.sha256}, came ${found.get(path)}`,
    missing: `is missing, though ${manifest} has its digest (sha256 ${files[path]?.sha256})`,
    extra: `is in the archive, but has no digest in ${manifest} (its sha256 is ${found.get(path)})`,
  };
  const rest = more.length === 0 ? '' : `; ${more.length} more ${more.length === 1 ? 'is' : 'are'} not as it says`;
  throw new ArchiveError('digest_mismatch', `${archive}: ${path} ${problems[problem]}${rest}.`);
}
