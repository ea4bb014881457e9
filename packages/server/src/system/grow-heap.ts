/** When V8 collects all garbage of the daemon. */
import { setFlagsFromString } from 'node:v8';

/**
 * The heap may be six times as large as what was in use after the last full collection before the next one begins; by itself V8 takes
 * a factor of 1.1 to 4. It counts the bytes of Buffers as well, of which there may be 32 MB of garbage at any time while large
 * bodies come: more than a heap as small as the daemon's may grow by, so that it was looked through every few megabytes.
 */
const GROWTH_PERCENT = 500;

/** From now on, for this process. */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
