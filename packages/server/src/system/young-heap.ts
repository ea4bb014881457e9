/** How much of the daemon's heap V8 gives to objects that were just made. */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Two halves of 8 MB. V8 lets them grow to twice that under load, in which a request takes no less time; with halves of 4 MB it takes
 * more, since objects that are still in use are looked at more often.
 */
const MOST_BYTES = 16 * 2 ** 20;
/** From half of that to all of it takes longer even under load. */
const LOOK_EVERY_MS = 1000;

/**
 * From now on, for this process. With `--max-semi-space-size` whoever starts Node says it, but here it comes too late. V8 makes them
 * smaller when there is little to do, so it is looked at again and again.
 */
export function boundYoungHeap(): void {
  let mayGrow = true;
  setInterval(() => {
    if (mayGrow === youngBytes() < MOST_BYTES) return;
    mayGrow = !mayGrow;
    setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
  }, LOOK_EVERY_MS).unref();
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}
