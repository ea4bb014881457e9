/** The workers that front ends can give batches: where each is found, and who still needs it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ServeError } from '../../core/errors.ts';
import type { ModelKey } from '../../core/model-key.ts';
import { MAIN_PEER } from '../../wire/daemon-message.ts';
import { BOARD_BYTES, BoardReader } from '../../worker/host/board-reader.ts';
import type { SeatedWorker, WorkerSeat } from '../../worker/host/worker-seat.ts';
import type { WorkerState } from '../messages.ts';

/** Who is told of workers. */
export interface WorkerSeatsOptions {
  /** Folder of boards and sockets, which is nobody else's. */
  readonly folder: string;
  /** Called when workers come or are to be given up. */
  readonly onChange: () => void;
  /** Called when a worker's process has ended. */
  readonly onGone: (seat: number, error: ServeError) => void;
  /** Resolves when no front end is connected to the worker, and none will be. */
  readonly whenReleased: (seat: number) => Promise<void>;
}

interface Seat {
  readonly state: WorkerState;
  readonly worker: SeatedWorker;
  isOpen: boolean;
}

/** The board of a version, as long as the version has workers. */
interface VersionBoard {
  readonly file: string;
  readonly reader: BoardReader;
  readonly seats: Set<Seat>;
}

/** What front ends are told of a version's workers. */
export interface SeatedWorkers {
  /** File of their board. */
  readonly board: string;
  /** Those that can be given batches. */
  readonly workers: readonly WorkerState[];
}

/** All of a server's. */
export class WorkerSeats {
  readonly #options: WorkerSeatsOptions;
  readonly #boards = new Map<string, VersionBoard>();
  readonly #seats = new Map<number, Seat>();
  #last = 0;

  constructor(options: WorkerSeatsOptions) {
    this.#options = options;
  }

  /** Makes a seat for a worker that is about to be started. @throws Error what the file system says */
  seat(worker: SeatedWorker): WorkerSeat {
    const { onGone, whenReleased } = this.#options;
    const board = this.#boardOf(worker.key);
    const seat = this.#create(worker, board);
    const { seat: number, slot, address } = seat.state;
    return {
      sharing: { address, board: board.file, slot },
      isElsewhere: () => board.reader.isElsewhere(slot, MAIN_PEER),
      open: () => this.#change(seat, true),
      vacate: () => {
        this.#change(seat, false);
        return whenReleased(number);
      },
      close: (error) => {
        this.#change(seat, false);
        this.#seats.delete(number);
        this.#leave(worker.key, board, seat);
        rmSync(address, { force: true });
        onGone(number, error);
      },
    };
  }

  /** Those of a version; makes it a board where it has none. */
  workersOf(key: ModelKey): SeatedWorkers {
    const { file, seats } = this.#boardOf(key);
    return { board: file, workers: [...seats].filter(({ isOpen }) => isOpen).map(({ state }) => state) };
  }

  /** Ends a worker's process, if it is still there. */
  kill(seat: number, reason: ServeError): void {
    this.#seats.get(seat)?.worker.kill(reason);
  }

  /** The version is gone: one that is registered under its key later is another. */
  forget(key: ModelKey): void {
    const board = this.#boards.get(keyText(key));
    if (board === undefined) return;
    this.#boards.delete(keyText(key));
    this.#closeIfUnused(board);
  }

  #boardOf(key: ModelKey): VersionBoard {
    const known = this.#boards.get(keyText(key));
    if (known !== undefined) return known;
    const { folder } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, `board-${(this.#last += 1)}`);
    writeFileSync(file, new Uint8Array(BOARD_BYTES));
    const board = { file, reader: new BoardReader(file), seats: new Set<Seat>() };
    this.#boards.set(keyText(key), board);
    return board;
  }

  #create(worker: SeatedWorker, { seats }: VersionBoard): Seat {
    const number = (this.#last += 1);
    const taken = new Set([...seats].map(({ state }) => state.slot));
    let slot = 0;
    while (taken.has(slot)) slot += 1;
    if (slot >= BOARD_BYTES) throw new Error(`a version has ${BOARD_BYTES} workers at most`);
    const address = path.join(this.#options.folder, `worker-${number}`);
    const seat = { state: { seat: number, workerId: worker.workerId, address, slot }, worker, isOpen: false };
    seats.add(seat);
    this.#seats.set(number, seat);
    return seat;
  }

  #change(seat: Seat, isOpen: boolean): void {
    if (seat.isOpen === isOpen) return;
    seat.isOpen = isOpen;
    this.#options.onChange();
  }

  #leave(key: ModelKey, board: VersionBoard, seat: Seat): void {
    board.seats.delete(seat);
    if (this.#boards.get(keyText(key)) !== board) this.#closeIfUnused(board);
  }

  #closeIfUnused({ seats, reader, file }: VersionBoard): void {
    if (seats.size > 0) return;
    reader.close();
    rmSync(file, { force: true });
  }
}

/** Neither part has a slash. */
function keyText({ name, version }: ModelKey): string {
  return `${name}/${version}`;
}
