/** A front end's connection to a worker that the main process has started. */
import { connect, type Socket } from 'node:net';
import type { BatchRunner } from '../../core/batch-dispatcher.ts';
import { ServeError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { ModelKey } from '../../core/model-key.ts';
import type { RowMerging } from '../../core/workers/worker-link.ts';
import { socketAddress } from '../../system/socket-address.ts';
import type { FrameLimits } from '../../wire/frame.ts';
import { WorkerLog } from '../../worker/child/worker-log.ts';
import type { BoardReader } from '../../worker/host/board-reader.ts';
import { WorkerConnection, type SideMessage } from '../../worker/host/worker-connection.ts';
import type { WorkerProcessOptions } from '../../worker/host/worker-process-options.ts';
import type { WorkerState } from '../messages.ts';

/** The worker, and whom its connection tells what. */
export interface ConnectedWorkerOptions {
  /** The worker. */
  readonly worker: WorkerState;
  /** The number of this front end. */
  readonly peer: number;
  /** That of its version. */
  readonly board: BoardReader;
  /** See `WorkerSpec`. */
  readonly responseTimeoutMs: number;
  /** How long its frames may be. */
  readonly limits: FrameLimits;
  /** See `WorkerProcessOptions`. */
  readonly replyProblem: WorkerProcessOptions['replyProblem'];
  /** Its version. */
  readonly key: ModelKey;
  /** See `WorkerProcessOptions`. */
  readonly asked: WorkerProcessOptions['asked'];
  /** Has the model, the version and the worker in its fields. */
  readonly logger: Logger;
  /** Whether another worker of the version could run a batch at once. */
  readonly isAnotherIdle: () => boolean;
  /** Called when it may be given a batch, or cannot any more. */
  readonly onChange: () => void;
  /** Called when its process is to be ended, and why. */
  readonly onFailed: (error: ServeError) => void;
  /** Called when so many lines of its handler's log were too many. */
  readonly onDropped: (lines: number) => void;
}

/** How long the main process may take to say how a worker ended. */
const LAST_WORDS_MS = 2000;

/** From its connection to the end of that. */
export class ConnectedWorker implements BatchRunner {
  /** What the main process says of it. */
  readonly worker: WorkerState;
  readonly channel: WorkerConnection;
  /** Whether it is to be given up as soon as nobody needs it. */
  isLeaving = false;
  readonly #options: ConnectedWorkerOptions;
  readonly #socket: Socket;
  readonly #log: WorkerLog;
  #isOpen = false;
  #isGone = false;
  #isBuiltIn = false;
  #rows: RowMerging | undefined;
  #hasTurn = false;
  #isWanted = false;
  #end: ServeError | undefined;

  constructor(options: ConnectedWorkerOptions) {
    const { worker, peer, board, logger, onDropped } = options;
    this.worker = worker;
    this.#options = options;
    this.#log = new WorkerLog({ logger, onDropped });
    this.#socket = connectTo(worker.address);
    this.channel = new WorkerConnection({
      ...options,
      socket: this.#socket,
      log: this.#log,
      onResponseTimeout: options.onFailed,
      isElsewhere: () => board.isElsewhere(worker.slot, peer),
      isIgnored: () => false,
      onMessage: (message) => this.#receive(message),
      onUnreadable: (error) => this.#onUnreadable(error),
      onGiven: () => (this.#hasTurn = false),
    });
    // What there is to say is said by its end.
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => this.#onClose());
    this.channel.say({ kind: 'hello', peer });
  }

  /** Whether it can be given batches. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#isGone;
  }

  /** Whether the connection is over. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether it waits for a batch of this front end. */
  get hasTurn(): boolean {
    return this.#hasTurn;
  }

  /** Whether it was asked for a turn, and has not given one. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** See `WorkerRunner`. */
  get mergesJobs(): boolean {
    return this.#isBuiltIn && this.#rows !== undefined && 'merged' in this.#rows;
  }

  /** Asks it for a turn, unless that was done. */
  want(): void {
    if (this.#isWanted || this.#hasTurn) return;
    this.#isWanted = true;
    this.channel.say({ kind: 'want' });
  }

  /** Gives a turn back that is not needed. */
  pass(): void {
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    this.channel.say({ kind: 'pass' });
  }

  /** Its process has ended. @param error what is said of the batch that it computed */
  ended(error: ServeError): void {
    this.#end = error;
    if (this.#socket.destroyed) this.#finish(error);
  }

  /** Gives it up; what it was given here is lost. */
  close(): void {
    this.#end ??= new ServeError('shutting_down', 'The model is being removed');
    // What comes until the socket has closed is another's.
    this.#isOpen = false;
    this.#socket.destroy();
  }

  #onUnreadable(error: ServeError): void {
    this.#options.onFailed(error);
    this.#socket.destroy();
  }

  #receive(message: SideMessage): void {
    switch (message.kind) {
      case 'turn':
        return this.#onTurn();
      case 'loaded':
        this.#isBuiltIn = message.isBuiltIn;
        this.#isOpen = true;
        return this.#options.onChange();
      case 'rows':
        this.#rows = message.rows;
        break;
      case 'loadFailed':
      case 'samples':
      case 'readiness':
      case 'predictor':
      case 'used':
        throw new Error(`${message.kind} is not for a front end`);
    }
  }

  #onTurn(): void {
    this.#isWanted = false;
    this.#hasTurn = true;
    this.#options.onChange();
    this.pass();
  }

  /** The main process knows how it ended, and says so in a moment. */
  #onClose(): void {
    this.#isOpen = false;
    if (this.#end !== undefined) return this.#finish(this.#end);
    const fallback = new ServeError('worker_died', 'Worker died: it closed its connection to the server.');
    setTimeout(() => this.#finish(fallback), LAST_WORDS_MS).unref();
    this.#options.onChange();
  }

  #finish(error: ServeError): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#log.close();
    this.channel.end(error);
    this.#options.onChange();
  }
}

function connectTo(file: string): Socket {
  try {
    const { address, close } = socketAddress(file);
    return connect(address).once('close', close);
  } catch {
    // Its folder is gone, as the socket's error says.
    return connect(file);
  }
}
