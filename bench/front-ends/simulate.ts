/**
 * A server with front ends as events: so many of them, each with its clients and its queue, and workers that take turns as
 * `fleet/` and `worker/process/turns.ts` have it. Each process has a core of its own; what is not modelled is in docs/benchmarks.md.
 */

/** What the processes take, in µs. */
export interface Times {
  /** Of a front end, for a request with its answer. */
  readonly request: number;
  /** Of a worker, for a batch, beside what it takes for each request in it. */
  readonly batch: number;
  /** Of a worker, for each request. */
  readonly row: number;
}

export interface Server {
  readonly frontEnds: number;
  readonly workers: number;
  /** Of each front end; each client asks again when it has its answer. */
  readonly clients: number;
  /** Most requests in a batch. */
  readonly batchSize: number;
}

interface FrontEnd {
  /** Requests that have come, and are not read. */
  unread: number;
  /** Answers that are not written. */
  unwritten: number;
  queued: number;
  isWanting: boolean;
  busyUntil: number;
  work: 'read' | 'write' | undefined;
}

interface Worker {
  busyUntil: number;
  batch: { readonly of: FrontEnd; readonly size: number } | undefined;
}

/** Of a simulated server, in µs: it is in its stride by then, and long enough to be even. */
const WARM_UP = 50_000;
const LENGTH = 250_000;

/** Answers a second. */
export function simulate(times: Times, server: Server): number {
  return new Simulation(times, server).run();
}

class Simulation {
  readonly #times: Times;
  readonly #batchSize: number;
  readonly #frontEnds: readonly FrontEnd[];
  readonly #workers: readonly Worker[];
  /** Those that see no idle worker, in the order in which they did. */
  readonly #wanting: FrontEnd[] = [];
  #now = 0;
  #answered = 0;

  constructor(times: Times, { frontEnds, workers, clients, batchSize }: Server) {
    this.#times = times;
    this.#batchSize = batchSize;
    this.#frontEnds = Array.from({ length: frontEnds }, () => newFrontEnd(clients));
    this.#workers = Array.from({ length: workers }, () => ({ busyUntil: Infinity, batch: undefined }));
  }

  run(): number {
    for (const each of this.#frontEnds) this.#begin(each);
    while (this.#now < WARM_UP + LENGTH) {
      const [frontEnd, worker] = [first(this.#frontEnds), first(this.#workers)];
      this.#now = Math.min(frontEnd.busyUntil, worker.busyUntil);
      if (frontEnd.busyUntil <= worker.busyUntil) this.#end(frontEnd);
      else this.#finish(worker);
    }
    return (this.#answered * 1e6) / LENGTH;
  }

  /** As an event loop has it: what is there is written, then read, each for half of the time. */
  #begin(frontEnd: FrontEnd): void {
    frontEnd.work = frontEnd.unwritten > 0 ? 'write' : frontEnd.unread > 0 ? 'read' : undefined;
    frontEnd.busyUntil = frontEnd.work === undefined ? Infinity : this.#now + this.#times.request / 2;
  }

  #end(frontEnd: FrontEnd): void {
    if (frontEnd.work === 'read') {
      frontEnd.unread -= 1;
      frontEnd.queued += 1;
      this.#dispatch(frontEnd);
    } else {
      frontEnd.unwritten -= 1;
      frontEnd.unread += 1;
      if (this.#now > WARM_UP) this.#answered += 1;
    }
    this.#begin(frontEnd);
  }

  #dispatch(frontEnd: FrontEnd): void {
    if (frontEnd.isWanting) return;
    const idle = this.#workers.find(({ batch }) => batch === undefined);
    if (idle !== undefined) return this.#assign(idle, frontEnd);
    frontEnd.isWanting = true;
    this.#wanting.push(frontEnd);
  }

  #assign(worker: Worker, of: FrontEnd): void {
    const size = Math.min(this.#batchSize, of.queued);
    of.queued -= size;
    worker.batch = { of, size };
    worker.busyUntil = this.#now + this.#times.batch + this.#times.row * size;
  }

  #finish(worker: Worker): void {
    const { batch } = worker;
    worker.batch = undefined;
    worker.busyUntil = Infinity;
    const next = this.#wanting.shift();
    if (next !== undefined) {
      next.isWanting = false;
      this.#assign(worker, next);
    }
    if (batch === undefined) return;
    batch.of.unwritten += batch.size;
    if (batch.of.work === undefined) this.#begin(batch.of);
    if (batch.of.queued > 0) this.#dispatch(batch.of);
  }
}

function newFrontEnd(clients: number): FrontEnd {
  return { unread: clients, unwritten: 0, queued: 0, isWanting: false, busyUntil: Infinity, work: undefined };
}

function first<T extends { readonly busyUntil: number }>(all: readonly T[]): T {
  return all.reduce((least, each) => (each.busyUntil < least.busyUntil ? each : least));
}
