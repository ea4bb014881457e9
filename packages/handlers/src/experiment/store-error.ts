/** Why nothing can be kept of experiments. */
import { PredictionError } from '../prediction-error.ts';

/** The store cannot be reached, read or written: 503. */
export class StoreError extends PredictionError {
  constructor(message: string, cause?: unknown) {
    super(message, 503);
    this.cause = cause;
  }
}

/** What a function threw that was given to a store: none of the store's failures. */
export class CallerFailure extends Error {
  constructor(thrown: unknown) {
    super('a function that the store called has thrown', { cause: thrown });
  }
}

/** Whatever the work throws is a `StoreError`, but for what callers' functions threw. @param place of the store, for the message */
export async function storeErrors<T>(place: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CallerFailure) throw error.cause;
    const message = error instanceof Error ? error.message : String(error);
    throw new StoreError(`Experiments cannot be kept in ${place}: ${message}`, error);
  }
}
