/**
 * The workers of a version, which a front end shares with others. It gives a batch at once to one that it sees idle on the board,
 * and asks all of them for a turn when it sees none: so no job waits here for a busy worker while another is idle.
 */
import type { BatchRunners } from '../../core/batch-dispatcher.ts';
import { aheadDelayMs } from '../../core/workers/ahead-policy.ts';
import { WORKER_IDLE } from '../../wire/daemon-message.ts';
import type { BoardReader } from '../../worker/host/board-reader.ts';
import type { WorkerState } from '../messages.ts';
import type { ConnectedWorker } from './connected-worker.ts';

/** How they are connected, and who waits for them. */
export interface ConnectedWorkersOptions {
  /** The number of this front end. */
  readonly peer: number;
  /** That of the version. */
  readonly board: BoardReader;
  /** Connects to a worker. */
  readonly connect: (worker: WorkerState) => ConnectedWorker;
  /** Whether jobs wait here. */
  readonly hasWaitingJobs: () => boolean;
  /** Called when one has been given up, or is gone. */
  readonly onLeft: () => void;
}

/** Those that there are, by what the main process says. */
export class ConnectedWorkers implements BatchRunners {
  readonly #options: ConnectedWorkersOptions;
  readonly #workers: ConnectedWorker[] = [];

  constructor(options: ConnectedWorkersOptions) {
    this.#options = options;
  }

  /** Those that are connected. */
  get seats(): number[] {
    return this.#workers.map(({ worker }) => worker.seat);
  }

  get readyCount(): number {
    return this.#workers.filter(({ isOpen, isLeaving }) => isOpen && !isLeaving).length;
  }

  /** One by its seat. */
  find(seat: number): ConnectedWorker | undefined {
    return this.#workers.find(({ worker }) => worker.seat === seat);
  }

  /** Connects to those that are new; those that are missing are given up as soon as nobody needs them. */
  update(workers: readonly WorkerState[]): void {
    for (const connected of this.#workers) {
      connected.isLeaving = workers.every(({ seat }) => seat !== connected.worker.seat);
    }
    for (const worker of workers) {
      if (this.find(worker.seat) === undefined) this.#workers.push(this.#options.connect(worker));
    }
    this.reap();
  }

  /** The nearest that stays, from a place that other front ends do not begin at; else one that leaves. */
  idle(): ConnectedWorker | undefined {
    const withTurn = this.#workers.find(({ hasTurn, isOpen }) => hasTurn && isOpen);
    if (withTurn !== undefined) return withTurn;
    const candidates = this.#workers.filter(
      (worker) => worker.isOpen && worker.channel.inFlight === 0 && !worker.isWanted,
    );
    const staying = candidates.filter(({ isLeaving }) => !isLeaving);
    return this.#idleOf(staying.length > 0 || this.readyCount > 0 ? staying : candidates);
  }

  #idleOf(candidates: readonly ConnectedWorker[]): ConnectedWorker | undefined {
    if (candidates.length === 0) return undefined;
    const { board, peer } = this.#options;
    const shown = board.readTo(Math.max(...candidates.map(({ worker }) => worker.slot)));
    for (let index = 0; index < candidates.length; index += 1) {
      const candidate = candidates[(index + peer) % candidates.length];
      const value = shown[candidate?.worker.slot ?? 0];
      if (value === WORKER_IDLE || value === peer) return candidate;
    }
    return undefined;
  }

  nearlyIdle(batchMs: number): { readonly runner: ConnectedWorker; readonly delayMs: number } | undefined {
    const now = performance.now();
    let [nearest, least]: [ConnectedWorker | undefined, number] = [undefined, Infinity];
    for (const worker of this.#workers) {
      if (!worker.isOpen || worker.isLeaving || worker.channel.inFlight === 0) continue;
      const delayMs = aheadDelayMs({ batchMs, turnMs: worker.channel.turnMs(now), inFlight: worker.channel.inFlight });
      if (delayMs < least) [nearest, least] = [worker, delayMs];
    }
    return nearest && { runner: nearest, delayMs: least };
  }

  /** The main process counts what workers have served, and replaces them. */
  batchEnded(): void {}

  /** Gives up those that nobody needs, and asks the others for turns where jobs wait and none was idle, whatever the board shows by now. */
  reap(lacksIdle = false): void {
    const isWaiting = this.#options.hasWaitingJobs();
    const isLast = this.readyCount === 0;
    for (const worker of this.#workers.slice()) {
      if (worker.isLeaving && worker.channel.inFlight === 0 && !(isWaiting && isLast && worker.isOpen)) worker.close();
      if (worker.isGone) this.#remove(worker);
    }
    if (!lacksIdle) return;
    for (const worker of this.#workers) {
      // One that has a batch of this front end is there again with its answer: asking it costs more than it gains.
      if (worker.isOpen && worker.channel.inFlight === 0 && (!worker.isLeaving || isLast)) worker.want();
    }
  }

  /** Gives all of them up, whatever they do. */
  closeNow(): void {
    for (const worker of this.#workers.slice()) worker.close();
  }

  #remove(worker: ConnectedWorker): void {
    this.#workers.splice(this.#workers.indexOf(worker), 1);
    this.#options.onLeft();
  }
}
