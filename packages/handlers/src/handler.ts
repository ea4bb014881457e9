/**
 * The contract between a model author's code and whoever runs it: the handler, its context, its rows and its results.
 * It follows TorchServe's `handle(data, context)`, in TypeScript.
 */
import type { ModelSignature } from './signature.ts';

/**
 * One field of a request: parsed JSON for `application/json` (integers beyond 2^53 as bigint), a string for `text/*` and
 * for plain form fields, a Buffer for every other content type.
 */
export type FieldValue = unknown;

/**
 * One request: field name → value. A multipart or urlencoded body gives one entry per field; every other body gives
 * the single entry `body`. The customary access is `row.data ?? row.body`.
 */
export type Row = Readonly<Record<string, FieldValue>>;

/**
 * What a handler answers for one row: a Buffer or Uint8Array (sent as it is), a string, any JSON value (bigint allowed),
 * a tensor or named tensors (sent as nested JSON arrays), or an Error, which fails that row alone. An async iterable (an
 * async generator, a stream) answers in parts, each of which is one of these: a part is sent when it comes, and the next one
 * asked for when the client has taken most of those before.
 */
export type RowResult = unknown;

/** A module-level handler function, chosen by `module:function`; with no name given, the export `handle`. */
export type HandleFunction = (
  /** The batch, or null once before the first batch, to initialise, as in TorchServe (not when the module exports `initialize`). */
  data: Row[] | null,
  context: HandlerContext,
) => RowResult[] | null | undefined | Promise<RowResult[] | null | undefined>;

/** What a handler object must have; `BaseHandler` has all of it. */
export interface Handler {
  /** Called once, before the first batch. Throwing here fails the start of the worker, with the error's text. */
  initialize?(context: ModelContext): void | Promise<void>;
  /** One batch: `data.length` rows in, exactly as many results out, in the same order. A throw fails the whole batch. */
  handle(data: Row[], context: HandlerContext): RowResult[] | Promise<RowResult[]>;
  /** The same for `/explanations/…`; a handler without it answers 501. */
  explain?(data: Row[], context: HandlerContext): RowResult[] | Promise<RowResult[]>;
  /**
   * The tensors it takes and gives, for clients that ask for a model's metadata and for requests made of tensors; called once,
   * after `initialize`. Empty lists, or no such method, leave open what they are.
   */
  getSignature?(context: ModelContext): ModelSignature | Promise<ModelSignature>;
  /** Free JSON for `GET /models/{model}?customized=true`. */
  describe?(context: ModelContext): unknown;
}

/** Facts about the worker a handler runs in; the names are TorchServe's. */
export interface SystemProperties {
  /** Absolute path of the folder the archive was unpacked into. */
  readonly modelDir: string;
  /** Index of the GPU given to this worker, -1 for the CPU. */
  readonly gpuId: number;
  /** Largest number of rows in a batch. */
  readonly batchSize: number;
  /** `marserve`. */
  readonly serverName: string;
  /** The server's version, such as `0.1.0`. */
  readonly serverVersion: string;
}

/** The part of an archive's manifest that handlers use; the archive format's own definition has more. */
export interface HandlerManifest {
  /** `node` for TypeScript and JavaScript handlers. */
  readonly runtime: string;
  /** What the archive says of its model. */
  readonly model: {
    readonly modelName: string;
    readonly modelVersion: string;
    /** File name of the model inside `modelDir`. */
    readonly serializedFile?: string;
    readonly handler: string;
    readonly signature?: ModelSignature;
    readonly [key: string]: unknown;
  };
  /** Further fields are kept as they are. */
  readonly [key: string]: unknown;
}

/** What holds for as long as the model is loaded. */
export interface ModelContext {
  /** Name that the model is registered under. */
  readonly modelName: string;
  /** Version of the model, any text. */
  readonly modelVersion: string;
  /** The archive's manifest. */
  readonly manifest: HandlerManifest;
  /** Absolute path of the folder the archive was unpacked into. */
  readonly modelDir: string;
  /** Facts about this worker. */
  readonly systemProperties: SystemProperties;
  /** The model's YAML file (`--config-file`), whole; `{}` when the archive has none. */
  readonly modelConfig: Readonly<Record<string, unknown>>;
  /** Where the handler's own metrics go. */
  readonly metrics: HandlerMetrics;
  /** The handler's own log. */
  readonly logger: HandlerLogger;
}

/** A value of a parameter of an answer. */
export type ParameterValue = boolean | number | bigint | string;

/** A request to a path of the handler's own, which the section `routes` of the model's YAML file declares. */
export interface RouteRequest {
  /** As it is declared: `GET /users/{user}`. */
  readonly route: string;
  /** That of the route; `HEAD` may stand for `GET`, and has an answer without its body. */
  readonly method: string;
  /** As the client sent it, not decoded. */
  readonly path: string;
  /** What stands for the names in the route, decoded; of `{name*}` as the client sent it. */
  readonly params: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly query: URLSearchParams;
}

/** What holds for one batch; `row` is the index into `data`, 0 by default. */
export interface HandlerContext extends ModelContext {
  /** One id per row: the `x-request-id` of its request. */
  readonly requestIds: readonly string[];
  /** Id of one row's request. @throws RangeError for a row that the batch does not have */
  getRequestId(row?: number): string;
  /** The path of the handler's own that the request came to; undefined for one in any protocol. */
  getRoute(row?: number): RouteRequest | undefined;
  /** A request header by the client's own spelling, or else by any spelling; undefined when it was not sent. */
  getRequestHeader(row: number, name: string): string | undefined;
  /** All headers of the request in the client's spelling; of a repeated header the last one. */
  getAllRequestHeaders(row: number): Readonly<Record<string, string>>;
  /** Media type of one row's answer, in place of what its value asks for. */
  setResponseContentType(row: number, contentType: string): void;
  /**
   * Adds a header to one row's answer. @throws TypeError for a name or value that HTTP does not take, RangeError for
   * very long ones
   */
  setResponseHeader(row: number, name: string, value: string): void;
  /** HTTP status of one row's answer; the result is still sent as its body. */
  setResponseStatus(status: number, reason?: string, row?: number): void;
  /** The same for all rows. @throws RangeError for what is no status from 200 to 599 */
  setAllResponseStatus(status: number, reason?: string): void;
  /** What the client's protocol calls the parameters of a request; empty for one without any. */
  getRequestParameters(row: number): Readonly<Record<string, unknown>>;
  /** A parameter of the answer, for clients whose protocol has them; for others it is left out. */
  setResponseParameter(row: number, name: string, value: ParameterValue): void;
  /**
   * Sends a part of one row's answer; what the handler returns for the row, unless it is undefined, is the last part. Status
   * and headers are those of the first part.
   * @returns resolves when the next part may come: await it, so that parts for a slow client do not pile up
   * @throws Error for a value that cannot be sent, which ends the row's answer
   */
  sendPart(row: number, value: RowResult): Promise<void>;
  /** Aborts when the client of a row has gone, or its time is over: nobody takes the answer then. */
  getSignal(row?: number): AbortSignal;
  /** The same context, seen by a part of the batch: row i of the result is row `rows[i]` of this one. */
  forRows(rows: readonly number[]): HandlerContext;
}

/** Options of one metric sample. */
export interface MetricOptions {
  /** Labels beside `ModelName` and `Level="Model"`, which are always there. */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** Unit in TorchServe's spelling: `ms`, `s`, `percent`, `count`, `MB`, `kB`, `GB`, `B` or any word. */
  readonly unit?: string;
}

/** A handler's own metrics; they show up on the metrics endpoint under the name given here. */
export interface HandlerMetrics {
  /** Adds `value` (≥ 0) to a counter. */
  addCounter(name: string, value: number, options?: MetricOptions): void;
  /** Sets a gauge. */
  addGauge(name: string, value: number, options?: MetricOptions): void;
  /** Observes a value in a histogram. */
  addHistogram(name: string, value: number, options?: MetricOptions): void;
  /** Sets a gauge of a duration, unit `ms` (default) or `s`. */
  addTime(name: string, value: number, options?: MetricOptions): void;
  /** Sets a gauge of a size, unit `MB` (default), `kB`, `GB` or `B`. */
  addSize(name: string, value: number, options?: MetricOptions): void;
  /** Sets a gauge of a percentage. */
  addPercent(name: string, value: number, options?: MetricOptions): void;
}

/** A handler's log: each line reaches the server's log with model, version and worker. */
export interface HandlerLogger {
  /** What is of use to whoever looks for a fault; not in the log by default. */
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What happens in the ordinary way. */
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What is odd, and did not stop the work. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** What went wrong. An Error among the fields is shown with its stack. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
