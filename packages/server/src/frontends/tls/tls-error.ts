/** Why a certificate or a key cannot be used, in a sentence that says what to change. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
}
