/** What daemon and worker say to each other, one kind of frame each. */
import type { MetricSample, RowMerging, StageTimes } from '@marserve/handlers/context';
import { encodeFrame, type Frame } from './frame.ts';

/** Daemon → worker: load a model. Once, first. */
export interface LoadMessage {
  readonly kind: 'load';
  readonly modelDir: string;
  readonly manifest: unknown;
  /** JSON. */
  readonly modelConfig: string;
  readonly batchSize: number;
  readonly gpuId: number;
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
  readonly parts: number;
  readonly bytes: number;
}

/** One input of a request; its bytes are in the payload, in order. */
export interface WireInput {
  readonly name: string;
  readonly contentType: string;
  readonly charset?: string;
  readonly size: number;
}

export interface WireRequest {
  readonly requestId: string;
  /** Name of the codec that reads the inputs and writes the answer. */
  readonly codec: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly inputs: readonly WireInput[];
}

/** A part of the memory that daemon and worker share, in bytes. */
export interface SharedPlace {
  readonly offset: number;
  readonly size: number;
}

/** Daemon → worker: run a batch. The worker runs one at a time, in the order they come. */
export interface RunMessage {
  readonly kind: 'run';
  readonly id: number;
  readonly operation: 'predict' | 'explain' | 'describe';
  readonly requests: readonly WireRequest[];
  /** Where the payload is when it does not follow in the frame; it stays there until the reply. */
  readonly payloadAt?: SharedPlace;
}

/** Daemon → worker: do not run the batches whose turn has not come, from this one on. */
export interface TakeBackMessage {
  readonly kind: 'takeBack';
  readonly id: number;
}

/** Daemon → worker: so much of the answer to a request was taken. */
export interface TakenMessage extends PartAmount {
  readonly kind: 'taken';
  readonly id: number;
  /** Its place in the batch. */
  readonly request: number;
}

/** Daemon → worker: nobody waits for the answer to a request. */
export interface CancelMessage {
  readonly kind: 'cancel';
  readonly id: number;
  /** Its place in the batch. */
  readonly request: number;
}

/** Daemon → worker: end. */
export interface StopMessage {
  readonly kind: 'stop';
}

/** One input or output of a model. */
export interface WireTensor {
  readonly name: string;
  /** Element type in the handlers' spelling. */
  readonly type: string;
  /** Sizes; -1 for any. */
  readonly shape: readonly number[];
}

/** Most inputs, or outputs, of a model that are told; and most axes of one. */
export const MAX_WIRE_TENSORS = 1000;

/** The tensors that a model takes and gives; empty lists where the handler does not tell. */
export interface WireSignature {
  readonly inputs: readonly WireTensor[];
  readonly outputs: readonly WireTensor[];
}

/** Worker → daemon: the model is loaded. */
export interface LoadedMessage {
  readonly kind: 'loaded';
  readonly signature: WireSignature;
}

/** The house's error codes that a worker can answer with. */
export const WIRE_ERROR_CODES = [
  'prediction',
  'handler_failed',
  'invalid_result',
  'response_too_large',
  'not_implemented',
  'worker_start_failed',
] as const;

export type WireErrorCode = (typeof WIRE_ERROR_CODES)[number];

/** Why something failed, in the words of the house's error codes. */
export interface WireError {
  readonly code: WireErrorCode;
  readonly message: string;
  /** Status that a PredictionError chose. */
  readonly status?: number;
  /** For the log only. */
  readonly stack?: string;
}

/** Worker → daemon: the model could not be loaded; the worker ends. */
export interface LoadFailedMessage {
  readonly kind: 'loadFailed';
  readonly error: WireError;
}

export type WireResult =
  | { readonly ok: true; readonly meta: unknown; readonly size: number }
  | { readonly ok: false; readonly error: WireError };

/** Where the time of a batch went, in milliseconds; a handler that has no such stages reports none. */
export interface WireStages extends Readonly<StageTimes> {
  readonly decodeMs: number;
  readonly encodeMs: number;
  readonly handlerMs: number;
  readonly predictionMs: number;
}

/**
 * Worker → daemon: an answer, or a part of one, before the batch is over; its body is the payload. What failed is the last, and
 * so is a message without a result: an end behind the parts that came.
 */
export interface PartMessage {
  readonly kind: 'part';
  readonly id: number;
  /** Place of its request in the batch. */
  readonly request: number;
  readonly result?: WireResult;
  readonly isLast: boolean;
}

/**
 * Worker → daemon: the batch is over. One result per request of the batch, null where the last part was sent; bodies are in the
 * payload, in order.
 */
export interface ReplyMessage {
  readonly kind: 'reply';
  readonly id: number;
  readonly results: readonly (WireResult | null)[];
  readonly stages: WireStages;
  /** Resident memory of the worker's process, in bytes; told now and then. */
  readonly residentBytes?: number;
}

/** Most samples in one message. */
export const MAX_SAMPLES = 1000;

/** Worker → daemon: metric samples of the handler. */
export interface SamplesMessage {
  readonly kind: 'samples';
  readonly samples: readonly MetricSample[];
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Deepest objects or lists within each other in the fields of a log line. */
export const MAX_LOG_DEPTH = 16;

/** Worker → daemon: a line for the log. */
export interface LogMessage {
  readonly kind: 'log';
  readonly level: (typeof LOG_LEVELS)[number];
  readonly message: string;
  /** JSON, no deeper than `MAX_LOG_DEPTH`. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Longest reason in a message about rows. */
export const MAX_REASON_CHARS = 500;

/** Worker → daemon: whether rows of several requests go through its model together, and why; told again when it changes. */
export interface RowsMessage {
  readonly kind: 'rows';
  readonly rows: RowMerging;
}

/** Worker → daemon: these batches will not be run. */
export interface GivenBackMessage {
  readonly kind: 'givenBack';
  readonly ids: readonly number[];
}

/** What the daemon says. */
export type DaemonMessage = LoadMessage | RunMessage | TakeBackMessage | TakenMessage | CancelMessage | StopMessage;

/** What a worker says; see `decodeWorkerMessage`. */
export type WorkerMessage =
  | LoadedMessage
  | LoadFailedMessage
  | PartMessage
  | ReplyMessage
  | GivenBackMessage
  | SamplesMessage
  | LogMessage
  | RowsMessage;

export type Message = DaemonMessage | WorkerMessage;

/** A kind's number on the wire is its place here. */
const KINDS = [
  'load',
  'run',
  'stop',
  'loaded',
  'loadFailed',
  'reply',
  'samples',
  'log',
  'takeBack',
  'givenBack',
  'rows',
  'part',
  'taken',
  'cancel',
] as const satisfies Message['kind'][];

/** A message as chunks to write. */
export function encodeMessage(message: Message, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const { kind, ...header } = message;
  const id = 'id' in message ? message.id : 0;
  return encodeFrame({ kind: KINDS.indexOf(kind), id, header }, payload);
}

/** What a frame is about. @throws Error for an unknown kind */
export function kindOf(frame: Pick<Frame, 'kind'>): Message['kind'] {
  const kind = KINDS[frame.kind];
  if (kind === undefined) throw new Error(`a frame of unknown kind ${frame.kind}`);
  return kind;
}

/** The message of a frame from the daemon, which is ours: its fields are not checked. @throws Error for an unknown kind */
export function decodeDaemonMessage(frame: Frame): DaemonMessage {
  const kind = kindOf(frame);
  return { ...(frame.header as object), kind } as DaemonMessage;
}
