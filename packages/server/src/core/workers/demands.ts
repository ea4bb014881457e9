/** What other processes that hold jobs of a version need of its workers. */

/** Of one process; clock readings in milliseconds. */
export interface Demand {
  /** When that was so. */
  readonly notedAt: number;
  /** Arrival of the job that is next there; undefined when none waits. */
  readonly arrivedAt?: number;
  /** When a batch from there last took the only worker that was idle. */
  readonly saturatedAt: number;
}

/** How long what a process needs is believed: one that says nothing more has ended. */
const FRESH_MS = 1000;

/** The latest of each process. */
export class Demands {
  readonly #byProcess = new Map<number, Demand>();

  /** Takes the place of what the process needed before. */
  note(process: number, demand: Demand): void {
    this.#byProcess.set(process, demand);
  }

  /** The first arrival of all jobs that wait, given that of those here. */
  earliest(here: number | undefined): number | undefined {
    const fresh = [...this.#byProcess.values()].filter(({ notedAt }) => performance.now() - notedAt < FRESH_MS);
    const arrivals = [here, ...fresh.map(({ arrivedAt }) => arrivedAt)].flatMap((arrival) => arrival ?? []);
    return arrivals.length === 0 ? undefined : Math.min(...arrivals);
  }

  /** When the only idle worker was last taken, given when that was here. */
  latestSaturation(here: number): number {
    return Math.max(here, ...[...this.#byProcess.values()].map(({ saturatedAt }) => saturatedAt));
  }
}
