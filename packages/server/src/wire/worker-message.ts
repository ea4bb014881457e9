/** What a worker says to the daemon, one kind of frame each. */
import type { MetricSeries, RowMerging } from '@marserve/handlers/context';
import type { AskMessage } from './ask-message.ts';
import type { ReplyMessage } from './reply-message.ts';

/** What a worker says; see `decodeWorkerMessage`. */
export type WorkerMessage =
  | LoadedMessage
  | LoadFailedMessage
  | PartMessage
  | ReplyMessage
  | GivenBackMessage
  | SamplesMessage
  | LogMessage
  | RowsMessage
  | ReadinessMessage
  | PredictorMessage
  | TurnMessage
  | UsedMessage
  | AskMessage
  | WithdrawMessage
  | PartsTakenMessage;

/** Worker → daemon: nobody waits for the answer to a question; there is one all the same. */
export interface WithdrawMessage {
  readonly kind: 'withdraw';
  /** Of the question. */
  readonly id: number;
}

/** Worker → daemon: so much of the answer to a question was taken. */
export interface PartsTakenMessage {
  readonly kind: 'partsTaken';
  /** Of the question. */
  readonly id: number;
  /** Number of parts. */
  readonly parts: number;
  /** Bytes of their bodies together. */
  readonly bytes: number;
}

/** One input or output of a model. */
export interface WireTensor {
  /** As the model calls it. */
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
  /** In the model's own order. */
  readonly inputs: readonly WireTensor[];
  /** In the model's own order. */
  readonly outputs: readonly WireTensor[];
}

/** Worker → daemon: the model is loaded. */
export interface LoadedMessage {
  readonly kind: 'loaded';
  /** What the model file says, or else the handler. */
  readonly signature: WireSignature;
  /** Whether the handler came with the server, and not with the model. */
  readonly isBuiltIn: boolean;
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

/** One of the codes. */
export type WireErrorCode = (typeof WIRE_ERROR_CODES)[number];

/** Why something failed, in the words of the house's error codes. */
export interface WireError {
  /** Tells the protocol which status the answer gets. */
  readonly code: WireErrorCode;
  /** For the client. */
  readonly message: string;
  /** Status that a PredictionError chose. */
  readonly status?: number;
  /** For the log only. */
  readonly stack?: string;
  /** That its handler had set on the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Worker → daemon: the model could not be loaded; the worker ends. */
export interface LoadFailedMessage {
  readonly kind: 'loadFailed';
  /** What the import, the model file or `initialize` said. */
  readonly error: WireError;
}

/** The answer to one request: `size` bytes of the payload and what the codec says of them, or why there is none. */
export type WireResult = WireSuccess | WireFailure;

/** An answer. */
export interface WireSuccess {
  /** Tells it from a failure. */
  readonly ok: true;
  /** Plain data, which the protocol checks in the daemon. */
  readonly meta: unknown;
  /** Of the body, in bytes. */
  readonly size: number;
}

/** No answer. */
export interface WireFailure {
  /** Tells it from an answer. */
  readonly ok: false;
  /** Why. */
  readonly error: WireError;
}

/**
 * Worker → daemon: an answer, or a part of one, before the batch is over; its body is the payload. What failed is the last, and
 * so is a message without a result: an end behind the parts that came.
 */
export interface PartMessage {
  readonly kind: 'part';
  /** Its batch. */
  readonly id: number;
  /** Place of its request in the batch. */
  readonly request: number;
  /** The part; undefined for an end without one. */
  readonly result?: WireResult;
  /** Whether nothing more comes for this request. */
  readonly isLast: boolean;
}

/** Most series in one message, and most values of one of them. */
export const MAX_SAMPLES = 1000;

/** Worker → daemon: metric samples of the handler. */
export interface SamplesMessage {
  readonly kind: 'samples';
  /** At most `MAX_SAMPLES`, each of at most as many values. */
  readonly samples: readonly MetricSeries[];
}

/** The levels of a log line, the least important first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** Deepest objects or lists within each other in the fields of a log line. */
export const MAX_LOG_DEPTH = 16;

/** Worker → daemon: a line for the log. */
export interface LogMessage {
  readonly kind: 'log';
  /** How important the handler finds it. */
  readonly level: (typeof LOG_LEVELS)[number];
  /** Text of the line. */
  readonly message: string;
  /** JSON, no deeper than `MAX_LOG_DEPTH`. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Longest reason in a message about rows. */
export const MAX_REASON_CHARS = 500;

/** Worker → daemon: whether rows of several requests go through its model together, and why; told again when it changes. */
export interface RowsMessage {
  readonly kind: 'rows';
  /** How it is now. */
  readonly rows: RowMerging;
}

/** Worker → daemon: whether its handler can answer, where its model is elsewhere; told again when it changes. */
export interface ReadinessMessage {
  readonly kind: 'readiness';
  /** Why not, in `MAX_REASON_CHARS` at most; undefined when it can. */
  readonly problem?: string | undefined;
}

/** Longest report in a message about a predictor, as JSON. */
export const MAX_REPORT_CHARS = 16_384;

/** Worker → daemon: which model is behind its handler, where that is elsewhere; told again when it changes. */
export interface PredictorMessage {
  readonly kind: 'predictor';
  /** For people: any JSON of `MAX_REPORT_CHARS` at most; undefined for a longer one. */
  readonly report?: unknown;
  /** Whether it may be another model than before. */
  readonly isChanged: boolean;
}

/** Worker → daemon: these batches will not be run. */
export interface GivenBackMessage {
  readonly kind: 'givenBack';
  /** Numbers of the batches. */
  readonly ids: readonly number[];
}

/** Worker → front end: it may give the worker a batch now, as it wanted to. */
export interface TurnMessage {
  readonly kind: 'turn';
}

/** Worker → daemon: what its process has served for front ends, and holds; now and then, while that changes. */
export interface UsedMessage {
  readonly kind: 'used';
  /** Requests since the start of the process. */
  readonly served: number;
  /** Resident memory, in bytes. */
  readonly residentBytes: number;
}
