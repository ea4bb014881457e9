/** The context of one batch: reads the requests of its rows, writes the answers' status and headers. */
import type {
  HandlerContext,
  HandlerLogger,
  HandlerManifest,
  HandlerMetrics,
  ModelContext,
  SystemProperties,
} from './handler.ts';
import { STAGE_TIMES, type StageTimed, type StageTimes } from './stage-times.ts';

/** What is known of the request behind a row. */
export interface RequestFacts {
  readonly requestId: string;
  /** Names, in the client's spelling, and values in turn, in the order they came. */
  readonly headers: readonly string[];
}

/** What a handler set on the answer of one row. */
export interface ResponseOverrides {
  contentType?: string;
  readonly headers: Record<string, string>;
  status?: number;
  reason?: string;
}

export interface BatchRow {
  readonly request: RequestFacts;
  readonly response: ResponseOverrides;
}

/** What a batch consists of; `forRows` gives a part of the rows and the same times. */
export interface BatchParts {
  readonly rows: readonly BatchRow[];
  readonly stageTimes: StageTimes;
}

/** Headers that describe the connection or the body: the server's own business. */
const RESERVED_HEADERS = [
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
];
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What node:http refuses in a value. */
const BAD_HEADER_TEXT = /[^\t\u0020-\u007e\u0080-\u00ff]/;

export class BatchContext implements HandlerContext, StageTimed {
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
  readonly #rows: readonly BatchRow[];

  constructor(model: ModelContext, { rows, stageTimes }: BatchParts) {
    this.modelName = model.modelName;
    this.modelVersion = model.modelVersion;
    this.manifest = model.manifest;
    this.modelDir = model.modelDir;
    this.systemProperties = model.systemProperties;
    this.modelConfig = model.modelConfig;
    this.metrics = model.metrics;
    this.logger = model.logger;
    this.#model = model;
    this[STAGE_TIMES] = stageTimes;
    this.#rows = rows;
  }

  get requestIds(): readonly string[] {
    return this.#rows.map(({ request }) => request.requestId);
  }

  getRequestId(row = 0): string {
    return this.#row(row).request.requestId;
  }

  getRequestHeader(row: number, name: string): string | undefined {
    const { headers } = this.#row(row).request;
    const lowerCase = name.toLowerCase();
    return (
      lastHeader(headers, (key) => key === name) ??
      lastHeader(headers, (key) => key.length === name.length && key.toLowerCase() === lowerCase)
    );
  }

  getAllRequestHeaders(row: number): Readonly<Record<string, string>> {
    const { headers } = this.#row(row).request;
    const names = headers.filter((_, index) => index % 2 === 0);
    return Object.fromEntries(names.map((name, index) => [name, headers[2 * index + 1] ?? '']));
  }

  setResponseContentType(row: number, contentType: string): void {
    this.#row(row).response.contentType = checkHeaderText('content-type', contentType);
  }

  setResponseHeader(row: number, name: string, value: string): void {
    const { response } = this.#row(row);
    if (!HEADER_NAME.test(name)) throw new TypeError(`setResponseHeader: ${JSON.stringify(name)} is not a header name`);
    const lowerCase = name.toLowerCase();
    if (RESERVED_HEADERS.includes(lowerCase)) throw new TypeError(`setResponseHeader: the server itself sets ${name}`);
    if (lowerCase === 'content-type') response.contentType = checkHeaderText(name, value);
    else response.headers[name] = checkHeaderText(name, value);
  }

  setResponseStatus(status: number, reason?: string, row = 0): void {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`setResponseStatus: expected an integer from 200 to 599, got ${String(status)}`);
    }
    const { response } = this.#row(row);
    response.status = status;
    response.reason = reason === undefined ? undefined : checkHeaderText('reason', reason);
  }

  setAllResponseStatus(status: number, reason?: string): void {
    for (let row = 0; row < this.#rows.length; row += 1) this.setResponseStatus(status, reason, row);
  }

  forRows(rows: readonly number[]): HandlerContext {
    return new BatchContext(this.#model, { rows: rows.map((row) => this.#row(row)), stageTimes: this[STAGE_TIMES] });
  }

  #row(row: number): BatchRow {
    const found = this.#rows[row];
    if (found === undefined)
      throw new RangeError(`context: there is no row ${String(row)} in a batch of ${this.#rows.length}`);
    return found;
  }
}

/** Of several headers the last one. */
function lastHeader(headers: readonly string[], isWanted: (name: string) => boolean): string | undefined {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (isWanted(headers[index] as string)) return headers[index + 1];
  }
  return undefined;
}

function checkHeaderText(name: string, value: string): string {
  if (typeof value === 'string' && !BAD_HEADER_TEXT.test(value)) return value;
  throw new TypeError(
    `The value of the response's ${name} must be text without line breaks, got ${JSON.stringify(value)}`,
  );
}
