/** The JSON files of an archive, and how each is parsed. */
import { GOLDEN_PATH, type GoldenRequest, MAX_GOLDEN_BYTES, goldenSchema } from './golden.ts';
import { MANIFEST_PATH, type Manifest, manifestSchema } from './manifest.ts';
import { type MetaFile, parseMetaFile, refusal } from './meta-file.ts';

/**
 * Parses what an archive says about itself; in another thread, for those whose own must not be held up by it.
 * Each is given the file's bytes, and what errors call the archive. @throws ArchiveError
 */
export interface MetaParsers {
  /** Of `MAR-INF/MANIFEST.json`. */
  manifest(bytes: Uint8Array, archive: string): Manifest | Promise<Manifest>;
  /** Of `MAR-INF/golden.json`. */
  golden(bytes: Uint8Array, archive: string): readonly GoldenRequest[] | Promise<readonly GoldenRequest[]>;
}

/** The manifest, with room for the digests of as many files as an archive may hold by default. */
export const MANIFEST: MetaFile<Manifest> = {
  path: MANIFEST_PATH,
  maxBytes: 3 * 2 ** 20,
  maxValues: 50_000,
  schema: manifestSchema,
  code: 'invalid_manifest',
};

/** Bytes of a manifest without its digests: that much goes to every worker. */
const MAX_FIELDS_BYTES = 256 * 2 ** 10;

/** The golden requests. */
export const GOLDEN: MetaFile<{ readonly requests: readonly GoldenRequest[] }> = {
  path: GOLDEN_PATH,
  maxBytes: MAX_GOLDEN_BYTES,
  maxValues: 50_000,
  schema: goldenSchema,
  code: 'invalid_golden',
};

/** Parses on the calling thread. */
export const metaParsers = {
  manifest: (bytes, archive): Manifest => {
    const manifest = parseMetaFile(MANIFEST, bytes, archive);
    const size = Buffer.byteLength(JSON.stringify({ ...manifest, files: undefined }));
    if (size <= MAX_FIELDS_BYTES) return manifest;
    throw refusal(MANIFEST, archive, `has ${size} bytes beside its digests, and may have ${MAX_FIELDS_BYTES}`);
  },
  golden: (bytes, archive): readonly GoldenRequest[] => parseMetaFile(GOLDEN, bytes, archive).requests,
} satisfies MetaParsers;
