/** Node fires timers of more than 2^31 - 1 ms at once; whoever asks for more than these 24 days means "never". */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once, after `ms` milliseconds; `Infinity`, and whatever is longer than 24 days, as after 24 days. */
export function startTimer(callback: () => void, ms: number): NodeJS.Timeout {
  return setTimeout(callback, Math.min(ms, LONGEST_MS));
}
