/** Decisions on their way to the database: they are written in groups, and no request waits for that. */
import { atExit } from './at-exit.ts';
import type { NotedDecision } from './database.ts';
import type { DatabaseSeat } from './database-seat.ts';
import type { ArmCounts } from './experiment-store.ts';

/** How long they are kept there. */
export interface DecisionLineOptions {
  /** Decisions and feedback are forgotten after so long, in milliseconds. */
  readonly maxAgeMs: number;
  /** Decisions that are kept at most. */
  readonly maxDecisions: number;
  /** Told of those that are in the database from now on. */
  readonly onWritten: (decisions: readonly NotedDecision[]) => void;
}

/** A decision waits so long for others. */
const GROUP_MS = 20;
/** Those of one transaction. */
const GROUP = 1000;
/** So many wait for a database that cannot write them; of more the oldest are forgotten. */
const MOST_WAITING = 20_000;
/** It is tried again after so long. */
const RETRY_MS = 1000;
const EXPIRE_MS = 60_000;

/** Counts of decisions that are not written yet, by experiment and arm. */
type Counts = Map<string, Map<string, number>>;

/** Writes them by itself. */
export class DecisionLine {
  readonly #seat: DatabaseSeat;
  readonly #options: DecisionLineOptions;
  readonly #counts: Counts = new Map();
  readonly #closed: () => void;
  #waiting: NotedDecision[] = [];
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #expiredAt = -Infinity;

  constructor(seat: DatabaseSeat, options: DecisionLineOptions) {
    this.#seat = seat;
    this.#options = options;
    this.#closed = atExit(() => this.#writeNow());
  }

  /** It is counted at once. */
  add(decision: NotedDecision): void {
    this.#waiting.push(decision);
    this.#count(decision, 1);
    if (this.#waiting.length > MOST_WAITING) this.#forget(this.#waiting.splice(0, GROUP));
    this.#timer ??= setTimeout(() => void this.flush(), GROUP_MS).unref();
  }

  /** Counts of the database, with those that are not there yet. */
  withWaiting(experiment: string, known: readonly ArmCounts[]): readonly ArmCounts[] {
    const waiting = this.#counts.get(experiment);
    return waiting === undefined ? known : withRequests(known, waiting);
  }

  /** Resolves when all are written, or cannot be: they are tried again then. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.inTurn(() => this.#write());
  }

  /** Does something while nothing is written. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    await this.flush();
    clearTimeout(this.#timer);
    this.#closed();
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.slice(0, GROUP);
      try {
        await this.#seat.ask((database) => database.addDecisions(group));
      } catch {
        // The seat has told it.
        this.#timer ??= setTimeout(() => void this.flush(), RETRY_MS).unref();
        return;
      }
      // Others may have been forgotten meanwhile.
      const written = new Set(group);
      const waiting = this.#waiting;
      this.#waiting = waiting.filter((each) => !written.has(each));
      this.#forget(waiting.filter((each) => written.has(each)));
      this.#options.onWritten(group);
    }
    await this.#expire();
  }

  async #expire(): Promise<void> {
    if (performance.now() - this.#expiredAt < EXPIRE_MS) return;
    this.#expiredAt = performance.now();
    const { maxAgeMs, maxDecisions } = this.#options;
    const kept = { since: Date.now() - maxAgeMs, most: maxDecisions };
    await this.#seat.ask((database) => database.expire(kept)).catch(() => {});
  }

  #writeNow(): void {
    if (this.#waiting.length > 0) this.#seat.opened?.addDecisionsNow?.(this.#waiting);
  }

  #forget(decisions: readonly NotedDecision[]): void {
    for (const decision of decisions) this.#count(decision, -1);
  }

  #count({ experiment, arm }: NotedDecision, by: 1 | -1): void {
    const arms = this.#counts.get(experiment) ?? new Map<string, number>();
    const count = (arms.get(arm) ?? 0) + by;
    if (count > 0) arms.set(arm, count);
    else arms.delete(arm);
    if (arms.size > 0) this.#counts.set(experiment, arms);
    else this.#counts.delete(experiment);
  }
}

/** Counts with so many more requests of each arm. */
export function withRequests(known: readonly ArmCounts[], more: ReadonlyMap<string, number>): readonly ArmCounts[] {
  const grown = known.map((each) => ({ ...each, requests: each.requests + (more.get(each.arm) ?? 0) }));
  const others = [...more].filter(([arm]) => !known.some((each) => each.arm === arm));
  return [...grown, ...others.map(([arm, requests]) => ({ arm, requests, rewards: 0, sum: 0, squares: 0, binary: 0 }))];
}
