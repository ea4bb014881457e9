/** The formats of archives, and what their files are called. */

/** The formats of torch-model-archiver's `--archive-format`. */
export const ARCHIVE_FORMATS = ['default', 'zip-store', 'tgz', 'no-archive'] as const;

/** One of TorchServe's words for `--archive-format`. */
export type ArchiveFormat = (typeof ARCHIVE_FORMATS)[number];

/** What an archive of a format is called. */
export const FILE_NAMES = {
  default: (name) => `${name}.mar`,
  'zip-store': (name) => `${name}.mar`,
  tgz: (name) => `${name}.tar.gz`,
  'no-archive': (name) => name,
} as const satisfies Record<ArchiveFormat, (name: string) => string>;
