/** What the daemon says to a worker, one kind of frame each. */
import type { RunMessage } from './run-message.ts';

/** One of them; the worker believes what it is told. */
export type DaemonMessage =
  | LoadMessage
  | RunMessage
  | TakeBackMessage
  | TakenMessage
  | CancelMessage
  | StopMessage
  | HelloMessage
  | WantMessage
  | PassMessage
  | AnsweredMessage
  | AnswerPartMessage
  | AskFailedMessage;

/** Daemon → worker: load a model. Once, first. */
export interface LoadMessage {
  readonly kind: 'load';
  /** Absolute path of the folder the archive was unpacked into. */
  readonly modelDir: string;
  /** The archive's manifest, as JSON gives it; the daemon has checked it. */
  readonly manifest: unknown;
  /** `sha256:…` of the model, for whoever is to know which one answers; undefined for one without a file. */
  readonly digest?: string | undefined;
  /** JSON. */
  readonly modelConfig: string;
  /** Most requests in a batch. */
  readonly batchSize: number;
  /** Index of the GPU for this worker, -1 for the CPU. */
  readonly gpuId: number;
  /** What handlers read in `systemProperties`. */
  readonly serverVersion: string;
  /** Of models that name none. */
  readonly serviceEnvelope?: string | undefined;
  /** Where experiments are kept; undefined for handlers that have none. */
  readonly experiments?: ExperimentsPlace | undefined;
  /** Longest answer to one request, or part of one. */
  readonly maxResponseBytes: number;
  /** How much of the answer to one request may be on its way, or untaken, when one more part is sent. */
  readonly partsAhead: PartAmount;
  /** Longest time until the answer to a batch, in milliseconds: the worker is ended then. */
  readonly responseTimeoutMs: number;
  /** How much the worker may ask other models at a time. */
  readonly asksAhead: AskAmount;
  /** Where front ends reach the worker; undefined where the daemon's one process is all that gives it batches. */
  readonly sharing?: WorkerSharing | undefined;
}

/** A place for experiments. */
export interface ExperimentsPlace {
  /** Absolute path of a file of SQLite, or `postgres://…`. */
  readonly store: string;
  /** Decisions and feedback are forgotten after so long, in milliseconds. */
  readonly maxAgeMs: number;
  /** Decisions that are kept at most, of all experiments together. */
  readonly maxDecisions: number;
}

/** How several processes share a worker. */
export interface WorkerSharing {
  /** Of the socket on which the worker listens, in the file system. */
  readonly address: string;
  /** Path of the version's board: a byte for each worker, which tells whose batch it computes (see `WORKER_IDLE`). */
  readonly board: string;
  /** The worker's byte on the board. */
  readonly slot: number;
}

/** On a board: the worker can be given a batch at once. */
export const WORKER_IDLE = 0;
/** On a board: the worker waits for a batch of somebody whose turn it is. */
export const WORKER_RESERVED = 255;
/** On a board: the worker computes a batch of the daemon's main process; front ends have the numbers from 1. */
export const MAIN_PEER = 254;

/** Questions to other models that are not answered yet. */
export interface AskAmount {
  /** Number of questions. */
  readonly asks: number;
  /** Bytes of their bodies together; a single one may have as many as `askBytes`. */
  readonly bytes: number;
  /** Longest body of one. */
  readonly askBytes: number;
}

/** Parts of an answer, and their bytes. */
export interface PartAmount {
  /** Number of parts. */
  readonly parts: number;
  /** Bytes of their bodies together. */
  readonly bytes: number;
}

/** Daemon → worker: do not run the batches whose turn has not come, from this one on. */
export interface TakeBackMessage {
  readonly kind: 'takeBack';
  /** The first of these batches; those with a greater id follow it. */
  readonly id: number;
}

/** Daemon → worker: so much of the answer to a request was taken. */
export interface TakenMessage extends PartAmount {
  readonly kind: 'taken';
  /** Its batch. */
  readonly id: number;
  /** Its place in the batch. */
  readonly request: number;
}

/** Daemon → worker: nobody waits for the answer to a request. */
export interface CancelMessage {
  readonly kind: 'cancel';
  /** Its batch. */
  readonly id: number;
  /** Its place in the batch. */
  readonly request: number;
}

/** Daemon → worker: end. */
export interface StopMessage {
  readonly kind: 'stop';
}

/** Front end → worker: who it is. Once, first. */
export interface HelloMessage {
  readonly kind: 'hello';
  /** Its number on boards: from 1, below `MAIN_PEER`. */
  readonly peer: number;
}

/** Front end → worker: it has a batch for the worker when that is free; said again for each. */
export interface WantMessage {
  readonly kind: 'want';
}

/** Front end → worker: it does not need the turn that it was given. */
export interface PassMessage {
  readonly kind: 'pass';
}

/** Daemon → worker: a part of another model's answer; its body is the payload. The last is followed by `answered`, or `askFailed`. */
export interface AnswerPartMessage {
  readonly kind: 'answerPart';
  /** Of the question. */
  readonly id: number;
}

/** Daemon → worker: another model's answer; its body is the payload, or it came in parts and is over. */
export interface AnsweredMessage {
  readonly kind: 'answered';
  /** Of the question. */
  readonly id: number;
}

/** Daemon → worker: why there is no answer of another model. */
export interface AskFailedMessage {
  readonly kind: 'askFailed';
  /** Of the question. */
  readonly id: number;
  /** What a client of that model would be told. */
  readonly message: string;
  /** Of HTTP. */
  readonly status: number;
}
