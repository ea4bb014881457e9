/** A promise that is settled from outside. */
import type { ServeError } from '../../core/errors.ts';

/** Its two ends; the first call counts. */
export interface Deferred<T> {
  /** Fulfils it. */
  readonly resolve: (value: T) => void;
  /** Rejects it. */
  readonly reject: (error: ServeError) => void;
}
