/** Looks into an archive. */
import { totalOf } from './archive-size.ts';
import { type ArchiveKind, archiveEntries, archiveKind } from './format/archive-entries.ts';
import { MANIFEST_PATH, type Manifest } from './format/manifest.ts';
import { manifestText, missingManifest, parseManifest } from './format/read-manifest.ts';
import type { ReadOptions } from './format/read-budget.ts';

/** What an archive holds. */
export interface Inspection {
  readonly archive: string;
  readonly kind: ArchiveKind;
  /** Bytes of the archive; of all its files together when it is a directory. */
  readonly size: number;
  readonly manifest: Manifest;
  /** Every file, the manifest included, sorted by path; `sha256` where the manifest has it. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256?: string }[];
}

/** @throws ArchiveError */
export async function inspect(archive: string, options: ReadOptions = {}): Promise<Inspection> {
  const { kind, size } = await archiveKind(archive);
  const sizes = new Map<string, number>();
  let manifest: Manifest | undefined;
  for await (const entry of archiveEntries(archive, options)) {
    sizes.set(entry.path, entry.size);
    if (entry.path === MANIFEST_PATH)
      manifest = parseManifest(await manifestText(await entry.open(), archive), archive);
  }
  if (manifest === undefined) throw missingManifest(archive);
  const digests = manifest.files ?? {};
  const files = [...sizes].map(([path, bytes]) => ({ path, size: bytes, sha256: digests[path]?.sha256 }));
  return {
    archive,
    kind,
    size: kind === 'directory' ? totalOf(files) : size,
    manifest,
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}
