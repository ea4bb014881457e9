/** A wait that may be longer than a timer of Node, and need not come to its end. */
import { startTimer } from './timer.ts';

/** @returns what resolves after so many milliseconds, unless it is cancelled before */
export function sleepLong(ms: number): { done: Promise<void>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const done = new Promise<void>((resolve) => {
    timer = startTimer(resolve, ms);
  });
  return { done, cancel: () => clearTimeout(timer) };
}
