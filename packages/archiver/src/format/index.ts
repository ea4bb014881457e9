/** The archive format: manifest, safe reading and writing. It imports nothing else of marserve. */
export { ArchiveError, type ArchiveErrorCode } from './archive-error.ts';
export { type ArchiveEntry, type ArchiveKind, archiveEntries, archiveKind } from './archive-entries.ts';
export { type ExtractOptions, extractArchive } from './extract-archive.ts';
export { GOLDEN_PATH, type GoldenRequest, MAX_GOLDEN_BYTES, MAX_GOLDEN_REQUESTS, goldenSchema } from './golden.ts';
export {
  DIGEST_PATTERN,
  MANIFEST_PATH,
  MODEL_NAME_PATTERN,
  MODEL_VERSION_PATTERN,
  type Manifest,
  manifestSchema,
  modelNameProblem,
  modelVersionProblem,
} from './manifest.ts';
export { type ArchiveLimits, DEFAULT_LIMITS, type ReadOptions } from './read-budget.ts';
export { type MetaParsers, metaParsers } from './meta-parsers.ts';
export { type ModelFiles, modelDigest } from './model-digest.ts';
export { readGolden } from './read-golden.ts';
export { readManifest } from './read-manifest.ts';
export { type FileDifference, type Verification, sha256, verifyFiles } from './verify-files.ts';
export { ARCHIVE_FORMATS, type ArchiveFormat, FILE_NAMES } from './archive-formats.ts';
export { type ArchiveFile, type WriteRequest, writeArchive } from './write-archive.ts';
