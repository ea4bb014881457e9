/**
 * Lets a few workers start at a time, in all pools together: each start takes a core for a while, and whoever answers
 * requests meanwhile needs one, too.
 */

/** How many starts at a time, and for how long each counts. */
export interface StartGateOptions {
  /** Most starts at the same time, ≥ 1. */
  readonly atOnce: number;
  /** After so many milliseconds a start does not count any more: it waits for something, or computes what others need not wait for. */
  readonly holdMs?: number;
}

/** One start, from the request to its end. */
export interface StartTicket {
  /** Resolves when it is its turn, or when it has left; undefined when that is now. */
  readonly turn: Promise<void> | undefined;
  /** To be called when it is over, or not wanted any more; once is enough. */
  leave(): void;
}

/** How much a start is missed, asked whenever there is room for one: the greatest goes first, of several the oldest. */
export type Urgency = () => number;

interface Waiting {
  readonly ticket: StartTicket;
  readonly urgency: Urgency;
  readonly begin: () => void;
}

const HOLD_MS = 10_000;

/** Whoever starts a worker enters, waits for the turn, and leaves when the worker is ready or gone. */
export class StartGate {
  readonly #options: StartGateOptions;
  readonly #running = new Map<StartTicket, NodeJS.Timeout>();
  #waiting: Waiting[] = [];

  constructor(options: StartGateOptions) {
    this.#options = options;
  }

  /** @param urgency of this start; by default as little as can be */
  enter(urgency: Urgency = () => 0): StartTicket {
    let begin = () => {};
    const isFree = this.#running.size < this.#options.atOnce;
    const turn = isFree ? undefined : new Promise<void>((resolve) => (begin = resolve));
    const ticket: StartTicket = { turn, leave: () => this.#leave(ticket) };
    if (isFree) this.#hold(ticket);
    else this.#waiting.push({ ticket, urgency, begin });
    return ticket;
  }

  #hold(ticket: StartTicket): void {
    const timer = setTimeout(() => ticket.leave(), this.#options.holdMs ?? HOLD_MS);
    this.#running.set(ticket, timer.unref());
  }

  #leave(ticket: StartTicket): void {
    this.#waiting.find((waiting) => waiting.ticket === ticket)?.begin();
    this.#waiting = this.#waiting.filter((waiting) => waiting.ticket !== ticket);
    clearTimeout(this.#running.get(ticket));
    if (!this.#running.delete(ticket)) return;
    const next = mostUrgent(this.#waiting);
    if (next === undefined) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    this.#hold(next.ticket);
    next.begin();
  }
}

function mostUrgent(waiting: readonly Waiting[]): Waiting | undefined {
  let [most, next]: [number, Waiting | undefined] = [-Infinity, undefined];
  for (const each of waiting) {
    const urgency = each.urgency();
    if (urgency > most) [most, next] = [urgency, each];
  }
  return next;
}
