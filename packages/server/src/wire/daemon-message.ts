/** What the daemon says to a worker, one kind of frame each. */

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

/** One input of a request; its bytes are in the payload, in order. */
export interface WireInput {
  /** The field of a form; the protocol's word for the only input (`body`, `data`) otherwise. */
  readonly name: string;
  /** Media type without parameters, in lower case; empty when the client named none. */
  readonly contentType: string;
  /** What the media type's `charset` says; undefined when it says nothing. */
  readonly charset?: string;
  /** Number of its bytes in the payload. */
  readonly size: number;
}

/** One request of a batch. */
export interface WireRequest {
  /** Names the request in logs, and to the handler. */
  readonly requestId: string;
  /** Name of the codec that reads the inputs and writes the answer. */
  readonly codec: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** In the order of their bytes in the payload. */
  readonly inputs: readonly WireInput[];
}

/** A part of the memory that daemon and worker share, in bytes. */
export interface SharedPlace {
  /** Where it begins. */
  readonly offset: number;
  /** How long it is. */
  readonly size: number;
}

/** Daemon → worker: run a batch. The worker runs one at a time, in the order they come. */
export interface RunMessage {
  readonly kind: 'run';
  /** The number of the batch, which the reply repeats. */
  readonly id: number;
  /** Which of the handler's functions is run. */
  readonly operation: 'predict' | 'explain' | 'describe';
  /** In the order of their inputs' bytes in the payload; one result each comes back. */
  readonly requests: readonly WireRequest[];
  /** Where the payload is when it does not follow in the frame; it stays there until the reply. */
  readonly payloadAt?: SharedPlace;
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
