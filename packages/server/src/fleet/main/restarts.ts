/** When front ends that died are started again: at once, and later when that does not help. */
import { restartDelayMs } from '../../core/workers/restart-policy.ts';

interface History {
  readonly failures: number;
  readonly firstFailureAt: number;
  readonly startedAt: number;
}

/** One that has served for so long has shown that it works. */
const STABLE_MS = 60_000;

/** By the numbers of front ends. */
export class Restarts {
  readonly #histories = new Map<number, History>();

  /** It was started now. */
  started(number: number): void {
    const before = this.#histories.get(number) ?? { failures: 0, firstFailureAt: 0 };
    this.#histories.set(number, { ...before, startedAt: performance.now() });
  }

  /** It has ended: in how many milliseconds it is to be started again. */
  delayMs(number: number): number {
    const now = performance.now();
    const { failures = 0, firstFailureAt = now, startedAt = now } = this.#histories.get(number) ?? {};
    const isFirst = failures === 0 || now - startedAt >= STABLE_MS;
    const history = { failures: isFirst ? 1 : failures + 1, firstFailureAt: isFirst ? now : firstFailureAt, startedAt };
    this.#histories.set(number, history);
    return restartDelayMs({ ...history, now, windowMs: Infinity }) ?? 0;
  }
}
