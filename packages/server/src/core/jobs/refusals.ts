/** When a version takes no jobs. */
import type { ServeError } from '../errors.ts';

/** Why jobs find no worker; undefined as long as they do. */
export interface Refusals {
  /** Of a job that is handed in now. */
  ofNew(): ServeError | undefined;
  /** Of those that wait. */
  ofWaiting(): ServeError | undefined;
}
