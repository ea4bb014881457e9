/** Why the key file could not be made, in a sentence that says what to change. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}
