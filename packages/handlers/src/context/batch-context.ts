/** The context of one batch: reads the requests of its rows, writes the answers' status and headers. */
import type {
  HandlerContext,
  HandlerLogger,
  HandlerManifest,
  HandlerMetrics,
  ModelContext,
  ParameterValue,
  RouteRequest,
  RowResult,
  SystemProperties,
} from '../handler.ts';
import { SERVER_MODELS, serverModelsOf, type ServerModels, type ServerModelsKnown } from './ask-model.ts';
import { headerNameProblem, isHeaderText, isResponseStatus } from './response-headers.ts';
import { KEEPS_TENSORS, type TensorKeeping } from './kept-tensors.ts';
import { REQUEST_OF_ROW, type RequestsOfRows } from './request-of-row.ts';
import { STAGE_TIMES, type StageTimed, type StageTimes } from './stage-times.ts';

/** What is known of the request behind a row. */
export interface RequestFacts {
  /** Names the request in logs; unique unless a client chose it. */
  readonly requestId: string;
  /** Names, in the client's spelling, and values in turn, in the order they came. */
  readonly headers: readonly string[];
  /** The route of the handler's own that it came to. */
  readonly route?: RouteRequest | undefined;
  /** What its protocol calls parameters; none by default. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** See `keepsTensors`. Default false. */
  readonly keepsTensors?: boolean;
}

/** What a handler set on the answer of one row. */
export interface ResponseOverrides {
  /** Media type of the body; by default what the kind of the result asks for. */
  contentType?: string;
  /** Further headers by their names. */
  readonly headers: Record<string, string>;
  /** HTTP status; 200 by default. */
  status?: number;
  /** Reason phrase of the status line; HTTP's own by default. */
  reason?: string;
  /** For protocols that have parameters; the others leave them out. */
  parameters?: Record<string, ParameterValue>;
}

/** Where parts of answers go, and who knows whether their clients are still there; rows by their place in the batch. */
export interface PartSink {
  /** Resolves when the next part may come. @throws Error for a value that cannot be sent */
  sendPart(row: number, value: RowResult): Promise<void>;
  /** Aborts when the client of the row goes. */
  signal(row: number): AbortSignal;
  /** Asks another model of the server for the row; undefined where there is no server. */
  readonly askModel?: ServerModels['ask'];
}

/** What is on an answer on which nothing was set: one object for all, so that whoever writes answers can tell. */
export const NOTHING_SET: ResponseOverrides = Object.freeze({ headers: Object.freeze({}) });

/** What a batch consists of; `forRows` gives a part of the rows and all the same. */
export interface BatchParts {
  /** Of the batch's rows, in order; one object for all rows of a request. */
  readonly requests: readonly RequestFacts[];
  /** What is set on the answer of each row; filled while the handler runs. */
  readonly responses: ResponseOverrides[];
  /** Filled while the handler runs. */
  readonly stageTimes: StageTimes;
  /** Takes the parts that `sendPart` sends. */
  readonly parts: PartSink;
}

/** Most characters of an answer's headers and reason; each header counts as so many more. */
const MAX_HEADER_CHARS = 16_384;
const CHARS_PER_HEADER = 8;

/** What a handler is given with a batch. */
export class BatchContext implements HandlerContext, StageTimed, TensorKeeping, RequestsOfRows, ServerModelsKnown {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly manifest: HandlerManifest;
  readonly modelDir: string;
  readonly systemProperties: SystemProperties;
  readonly modelConfig: Readonly<Record<string, unknown>>;
  readonly metrics: HandlerMetrics;
  readonly logger: HandlerLogger;
  readonly [STAGE_TIMES]: StageTimes;
  readonly #model: ModelContext;
  readonly #batch: BatchParts;
  /** The places of its rows in the batch. Undefined for all of them. */
  readonly #places: readonly number[] | undefined;

  constructor(model: ModelContext, batch: BatchParts, places?: readonly number[]) {
    this.modelName = model.modelName;
    this.modelVersion = model.modelVersion;
    this.manifest = model.manifest;
    this.modelDir = model.modelDir;
    this.systemProperties = model.systemProperties;
    this.modelConfig = model.modelConfig;
    this.metrics = model.metrics;
    this.logger = model.logger;
    this.#model = model;
    this[STAGE_TIMES] = batch.stageTimes;
    this.#batch = batch;
    this.#places = places;
  }

  get requestIds(): readonly string[] {
    return Array.from({ length: this.#count }, (_, row) => this.#request(row).requestId);
  }

  getRequestId(row = 0): string {
    return this.#request(row).requestId;
  }

  getRoute(row = 0): RouteRequest | undefined {
    return this.#request(row).route;
  }

  getRequestHeader(row: number, name: string): string | undefined {
    const { headers } = this.#request(row);
    const lowerCase = name.toLowerCase();
    let found: string | undefined;
    for (let index = headers.length - 2; index >= 0; index -= 2) {
      const key = headers[index] as string;
      if (key === name) return headers[index + 1];
      if (found === undefined && key.length === name.length && key.toLowerCase() === lowerCase)
        found = headers[index + 1];
    }
    return found;
  }

  getAllRequestHeaders(row: number): Readonly<Record<string, string>> {
    const { headers } = this.#request(row);
    const names = headers.filter((_, index) => index % 2 === 0);
    return Object.fromEntries(names.map((name, index) => [name, headers[2 * index + 1] ?? '']));
  }

  setResponseContentType(row: number, contentType: string): void {
    this.#response(row).contentType = checkHeaderText('content-type', contentType);
  }

  setResponseHeader(row: number, name: string, value: string): void {
    const response = this.#response(row);
    const problem = headerNameProblem(name);
    if (problem !== undefined) throw new TypeError(`setResponseHeader: ${problem}`);
    if (name.toLowerCase() === 'content-type') response.contentType = checkHeaderText(name, value);
    else {
      checkSize(response, CHARS_PER_HEADER + name.length + value.length);
      response.headers[name] = checkHeaderText(name, value);
    }
  }

  setResponseStatus(status: number, reason?: string, row = 0): void {
    if (!isResponseStatus(status)) {
      throw new RangeError(`setResponseStatus: expected an integer from 200 to 599, got ${String(status)}`);
    }
    const response = this.#response(row);
    response.status = status;
    response.reason = reason === undefined ? undefined : checkHeaderText('reason', reason);
  }

  setAllResponseStatus(status: number, reason?: string): void {
    for (let row = 0; row < this.#count; row += 1) this.setResponseStatus(status, reason, row);
  }

  getRequestParameters(row: number): Readonly<Record<string, unknown>> {
    return this.#request(row).parameters ?? {};
  }

  setResponseParameter(row: number, name: string, value: ParameterValue): void {
    if (!['string', 'boolean', 'bigint'].includes(typeof value) && !Number.isFinite(value)) {
      throw new TypeError(`setResponseParameter: expected a boolean, number or text as "${name}", got ${typeof value}`);
    }
    const response = this.#response(row);
    response.parameters = { ...response.parameters, [name]: value };
  }

  [KEEPS_TENSORS](row: number): boolean {
    return this.#request(row).keepsTensors ?? false;
  }

  [REQUEST_OF_ROW](row: number): object {
    return this.#request(row);
  }

  get [SERVER_MODELS](): ServerModels | undefined {
    const models = serverModelsOf(this.#model);
    const { parts } = this.#batch;
    const askModel = parts.askModel?.bind(parts);
    if (models === undefined || askModel === undefined) return models;
    return { ...models, ask: (question, row = 0) => askModel(question, this.#place(row)) };
  }

  async sendPart(row: number, value: RowResult): Promise<void> {
    await this.#batch.parts.sendPart(this.#place(row), value);
  }

  getSignal(row = 0): AbortSignal {
    return this.#batch.parts.signal(this.#place(row));
  }

  forRows(rows: readonly number[]): HandlerContext {
    return new BatchContext(
      this.#model,
      this.#batch,
      rows.map((row) => this.#place(row)),
    );
  }

  get #count(): number {
    return (this.#places ?? this.#batch.requests).length;
  }

  #place(row: number): number {
    const place = this.#places === undefined ? row : this.#places[row];
    if (place !== undefined && this.#batch.requests[place] !== undefined) return place;
    throw new RangeError(`context: there is no row ${String(row)} in a batch of ${this.#count}`);
  }

  #request(row: number): RequestFacts {
    return this.#batch.requests[this.#place(row)] as RequestFacts;
  }

  #response(row: number): ResponseOverrides {
    const { responses } = this.#batch;
    const place = this.#place(row);
    const known = responses[place];
    if (known !== undefined && known !== NOTHING_SET) return known;
    return (responses[place] = { headers: {} });
  }
}

/** @param added characters */
function checkSize({ headers }: ResponseOverrides, added: number): void {
  const entries = Object.entries(headers);
  const size = entries.reduce((sum, [name, value]) => sum + CHARS_PER_HEADER + name.length + value.length, added);
  if (size > MAX_HEADER_CHARS)
    throw new RangeError(`setResponseHeader: headers of more than ${MAX_HEADER_CHARS} characters`);
}

const MAX_TEXT_CHARS = 8192;

function checkHeaderText(name: string, value: string): string {
  if (isHeaderText(value) && value.length <= MAX_TEXT_CHARS) return value;
  throw new TypeError(
    `The value of the response's ${name} must be text without line breaks, of ${MAX_TEXT_CHARS} characters at most, got ${JSON.stringify(value)?.slice(0, 100)}`,
  );
}
