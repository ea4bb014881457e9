/** A handler that breaks its contract: it cannot be loaded, or what it returns is not one result per row. */
export class HandlerError extends Error {
  override readonly name = 'HandlerError';
}
