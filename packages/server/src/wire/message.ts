/** What daemon and worker say to each other, one kind of frame each. */
import type { MetricSample, StageTimes } from '@marserve/handlers/context';
import { encodeFrame, type Frame } from './frame.ts';

/** Daemon → worker: load a model. Once, first. */
export interface LoadMessage {
  readonly kind: 'load';
  readonly modelDir: string;
  readonly manifest: unknown;
  readonly modelConfig: unknown;
  readonly batchSize: number;
  readonly gpuId: number;
  readonly serverVersion: string;
  /** Longest answer to one request. */
  readonly maxResponseBytes: number;
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

/** Daemon → worker: end. */
export interface StopMessage {
  readonly kind: 'stop';
}

/** Worker → daemon: the model is loaded. */
export interface LoadedMessage {
  readonly kind: 'loaded';
}

/** The house's error codes that a worker can answer with. */
export type WireErrorCode =
  'prediction' | 'handler_failed' | 'invalid_result' | 'response_too_large' | 'not_implemented' | 'worker_start_failed';

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

/** Worker → daemon: one result per request of the batch; bodies are in the payload, in order. */
export interface ReplyMessage {
  readonly kind: 'reply';
  readonly id: number;
  readonly results: readonly WireResult[];
  readonly stages: WireStages;
  /** Resident memory of the worker's process, in bytes; told now and then. */
  readonly residentBytes?: number;
}

/** Worker → daemon: metric samples of the handler. */
export interface SamplesMessage {
  readonly kind: 'samples';
  readonly samples: readonly MetricSample[];
}

/** Worker → daemon: a line for the log. */
export interface LogMessage {
  readonly kind: 'log';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export type Message =
  | LoadMessage
  | RunMessage
  | StopMessage
  | LoadedMessage
  | LoadFailedMessage
  | ReplyMessage
  | SamplesMessage
  | LogMessage;

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
] as const satisfies Message['kind'][];

/** A message as chunks to write. */
export function encodeMessage(message: Message, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const { kind, ...header } = message;
  const id = 'id' in message ? message.id : 0;
  return encodeFrame({ kind: KINDS.indexOf(kind), id, header }, payload);
}

/** The message of a frame. The other end is ours, so that fields are not checked. @throws Error for an unknown kind */
export function decodeMessage(frame: Frame): Message {
  const kind = KINDS[frame.kind];
  if (kind === undefined) throw new Error(`a frame of unknown kind ${frame.kind}`);
  return { ...(frame.header as object), kind } as Message;
}
