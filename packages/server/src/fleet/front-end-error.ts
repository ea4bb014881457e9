/** Why a front end could not be started, in a sentence that says what to change. */

/** Keeps the server from starting. */
export class FrontEndError extends Error {
  override readonly name = 'FrontEndError';
}
