/** What may be said of a registration, and of its end, beside which version it is. */
import type { Caller } from '../jobs/job.ts';

/** How a registration is treated; by default as a request of somebody who waits for its success. */
export interface RegisterOptions {
  /** Whether the version stays when a worker does not start, to be tried again; by default it is unregistered. */
  readonly staysOnFailure?: boolean;
  /** Whether it counts, and is written down, before its workers are ready; default false. */
  readonly countsAtOnce?: boolean;
  /** Whether it takes the place of the default version, which is unregistered, when it is ready; default false. */
  readonly replacesDefault?: boolean;
  /** Whether it takes that place although others ask for the version that goes; default false. */
  readonly isForced?: boolean;
  /** How long models that it cannot do without may take until they are ready, in milliseconds; by default nobody waits for them. */
  readonly needsTimeoutMs?: number | undefined;
  /** Whoever waits: when it goes, an archive is not fetched any further. What has been fetched is registered all the same. */
  readonly caller?: Caller;
}

/** How a version is taken out. */
export interface UnregisterOptions {
  /** Whether it goes although others ask it and cannot do without; default false. */
  readonly isForced?: boolean;
}
