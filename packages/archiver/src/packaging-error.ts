/** The one error of packaging: why no archive was written. */

/** Why packaging was refused. */
export type PackagingErrorCode =
  /** An option has a value that it must not have. */
  | 'invalid_option'
  /** Files that were named do not exist, or cannot be read. */
  | 'missing_file'
  /** Two sources would land on one path of the archive. */
  | 'path_conflict'
  /** The output exists already, and `force` was not given. */
  | 'already_exists'
  /** The handler does not bundle, does not import, or exports no handler. */
  | 'invalid_handler'
  /** The model does not open, or its external data is missing. */
  | 'invalid_model'
  /** More than the format can hold. */
  | 'too_large'
  /** The archive could not be written to the export path. */
  | 'write_failed';

/** Packaging that was refused, or failed; nothing was left behind. */
export class PackagingError extends Error {
  readonly code: PackagingErrorCode;

  constructor(code: PackagingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PackagingError';
    this.code = code;
  }
}
