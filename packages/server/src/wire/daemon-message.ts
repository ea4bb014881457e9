/** What the daemon says to a worker, one kind of frame each. */
import type { RunMessage } from './run-message.ts';

/** One of them; the worker believes what it is told. */
export type DaemonMessage = LoadMessage | RunMessage | TakeBackMessage | TakenMessage | CancelMessage | StopMessage;

/** Daemon → worker: load a model. Once, first. */
export interface LoadMessage {
  readonly kind: 'load';
  /** Absolute path of the folder the archive was unpacked into. */
  readonly modelDir: string;
  /** The archive's manifest, as JSON gives it; the daemon has checked it. */
  readonly manifest: unknown;
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
  /** Longest answer to one request, or part of one. */
  readonly maxResponseBytes: number;
  /** How much of the answer to one request may be on its way, or untaken, when one more part is sent. */
  readonly partsAhead: PartAmount;
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
