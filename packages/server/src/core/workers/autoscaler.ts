/** Moves a version's number of workers between its least and its greatest, as the policy says. */
import { nextMove, type ScaleMove, type ScaleSituation } from './autoscale-policy.ts';

export type { ScaleMove } from './autoscale-policy.ts';

/** What the policy is told of queue and pool. */
export interface ScaleObservation extends Pick<ScaleSituation, 'workers' | 'notReady'> {
  /** Arrival of the job that is next, by the clock in milliseconds; undefined when none waits. */
  readonly nextArrivedAt: number | undefined;
  /** When a batch last took the only worker that was idle, by the same clock. */
  readonly lastSaturatedAt: number;
}

/** What an autoscaler sees, and what it moves. */
export interface AutoscalerOptions {
  /** When it moves; they decide as well how often it looks. */
  readonly settings: Pick<ScaleSituation, 'scaleUpWaitMs' | 'scaleDownIdleMs'>;
  /** How things are at this moment. */
  readonly observe: () => ScaleObservation;
  /** Sets the number of workers, one more or one less than were observed; must not throw. */
  readonly scaleTo: (workers: number, move: ScaleMove) => void;
}

/** How often it looks at least, and at most. */
const SLOWEST_MS = 1000;
const FASTEST_MS = 20;

/** Idle, without a timer, where the least number is the greatest. */
export class Autoscaler {
  readonly #options: AutoscalerOptions;
  #range = { min: 0, max: 0 };
  #lastMoveAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: AutoscalerOptions) {
    this.#options = options;
  }

  /** Whether a job that finds no worker at all gets one. */
  get canStartFirst(): boolean {
    return this.#range.max > 0 && this.#options.observe().workers === 0;
  }

  /** Takes new limits; the number of workers was brought between them by whoever calls. */
  setRange(min: number, max: number): void {
    this.#range = { min, max };
    this.#lastMoveAt = performance.now();
    clearInterval(this.#timer);
    if (max > min) this.#timer = setInterval(() => this.look(), this.#intervalMs).unref();
  }

  /** Makes the next move if it is time for one. */
  look(): void {
    const { observe, scaleTo, settings } = this.#options;
    const { workers, notReady, nextArrivedAt, lastSaturatedAt } = observe();
    const now = performance.now();
    const waitedMs = nextArrivedAt === undefined ? undefined : now - nextArrivedAt;
    const spareMs = now - Math.max(lastSaturatedAt, this.#lastMoveAt);
    const move = nextMove({ ...this.#range, ...settings, workers, notReady, waitedMs, spareMs });
    if (move === undefined) return;
    this.#lastMoveAt = now;
    scaleTo(move.direction === 'up' ? workers + 1 : workers - 1, move);
  }

  get #intervalMs(): number {
    const { scaleUpWaitMs, scaleDownIdleMs } = this.#options.settings;
    return Math.min(SLOWEST_MS, Math.max(FASTEST_MS, Math.min(scaleUpWaitMs, scaleDownIdleMs) / 2));
  }
}
