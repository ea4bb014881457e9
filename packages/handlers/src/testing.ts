/** For a model author's own tests: runs a handler without a server. */
import {
  createBatchContext,
  createModelContext,
  isInParts,
  type LogLevel,
  type MetricSample,
  type PartSink,
  type ResponseOverrides,
} from './context/context.ts';
import type { HandleFunction, Handler, HandlerManifest, Row, RowResult } from './handler.ts';
import {
  loadHandler,
  wrapHandler,
  type HandlerLocation,
  type HandlerNamespace,
  type HandlerOperation,
  type LoadedHandler,
} from './load/load-handler.ts';

/**
 * What to test: a class, an object, a function, a module of functions (`import * as`), or the handler of an unpacked archive
 * (or a built-in one by name).
 */
export type TestedHandler = (new () => Handler) | Handler | HandleFunction | HandlerNamespace | HandlerLocation;

/** What a handler is run with. */
export interface TestOptions {
  /** Folder of the model's files; the working directory by default. */
  readonly modelDir?: string;
  /** File name of the model in `modelDir`, for `BaseHandler`. */
  readonly serializedFile?: string;
  /** The model's YAML file as an object. */
  readonly modelConfig?: Readonly<Record<string, unknown>>;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `predict` by default. */
  readonly operation?: HandlerOperation;
  /** After so many parts of a row's answer its client goes away; by default it stays. */
  readonly maxParts?: number;
}

/** What a batch came to. */
export interface TestOutcome {
  /** One per row; an Error for a row that failed, undefined for an async iterable. */
  readonly results: RowResult[];
  /** For each row the parts of its answer that came before its result: those of an async iterable, and those that were sent. */
  readonly parts: readonly (readonly RowResult[])[];
  /** What the handler set on the answer of each row. */
  readonly responses: ResponseOverrides[];
  /** What the handler measured, in order. */
  readonly metrics: MetricSample[];
  /** What the handler logged, in order. */
  readonly logs: {
    readonly level: LogLevel;
    readonly message: string;
    readonly fields?: Readonly<Record<string, unknown>>;
  }[];
}

/**
 * Initializes a handler, runs one batch of rows through it and returns all that came out. A row is an object of fields, as in
 * `handle`; anything else is taken as its `body`.
 * @throws whatever the handler throws; HandlerError when it breaks its contract
 * @example
 * const { results } = await testHandler(MyHandler, [[1, 2], { data: [3, 4] }], { modelDir: 'model', serializedFile: 'model.onnx' });
 * expect(results).toEqual([[2, 3], [4, 5]]);
 */
export async function testHandler(
  handler: TestedHandler,
  rows: readonly unknown[],
  options: TestOptions = {},
): Promise<TestOutcome> {
  const metrics: MetricSample[] = [];
  const logs: TestOutcome['logs'] = [];
  const {
    modelDir = isLocation(handler) ? handler.modelDir : process.cwd(),
    modelConfig = {},
    operation = 'predict',
  } = options;
  const facts = {
    manifest: manifestFor(options),
    modelDir,
    modelConfig,
    gpuId: -1,
    batchSize: rows.length,
    serverVersion: 'test',
  };
  const model = createModelContext(facts, {
    onMetric: (sample) => metrics.push(sample),
    onLog: (level, message, fields) => logs.push({ level, message, ...(fields && { fields }) }),
  });
  const headers = Object.entries(options.headers ?? {}).flat();
  const taken = new TakenParts(rows.length, options.maxParts);
  const { context, responses } = createBatchContext(
    model,
    rows.map((_, row) => ({ requestId: `test-${row}`, headers })),
    taken,
  );
  const loaded = await load(handler, modelDir);
  await loaded.initialize(model);
  const answers = await loaded.run(operation, rows.map(toRow), context);
  const results = await Promise.all(answers.map((answer, row) => taken.take(row, answer)));
  return { results, parts: taken.parts, responses, metrics, logs };
}

/** What clients get who take every part at once, and perhaps go after some. */
class TakenParts implements PartSink {
  readonly parts: RowResult[][];
  readonly #most: number;
  readonly #clients: readonly AbortController[];

  constructor(rows: number, most = Infinity) {
    this.parts = Array.from({ length: rows }, () => []);
    this.#clients = Array.from({ length: rows }, () => new AbortController());
    this.#most = most;
  }

  sendPart(row: number, value: RowResult): Promise<void> {
    const parts = this.parts[row];
    if (parts !== undefined && parts.length < this.#most) parts.push(value);
    if (parts !== undefined && parts.length >= this.#most) this.#clients[row]?.abort();
    return Promise.resolve();
  }

  signal(row: number): AbortSignal {
    return (this.#clients[row] ?? new AbortController()).signal;
  }

  /** The result of a row, of which the parts are taken. */
  async take(row: number, answer: RowResult): Promise<RowResult> {
    if (!isInParts(answer)) return answer;
    try {
      for await (const part of answer) {
        await this.sendPart(row, part);
        if (this.signal(row).aborted) break;
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }
}

function load(handler: TestedHandler, modelDir: string): Promise<LoadedHandler> | LoadedHandler {
  return isLocation(handler) ? loadHandler({ ...handler, modelDir }) : wrapHandler(handler);
}

function isLocation(handler: TestedHandler): handler is HandlerLocation {
  return 'handler' in handler && typeof handler.handler === 'string';
}

function manifestFor({ serializedFile }: TestOptions): HandlerManifest {
  return {
    runtime: 'node',
    model: {
      modelName: 'test',
      modelVersion: '1.0',
      handler: 'test',
      ...(serializedFile !== undefined && { serializedFile }),
    },
  };
}

function toRow(row: unknown): Row {
  const isFields = typeof row === 'object' && row !== null && Object.getPrototypeOf(row) === Object.prototype;
  return isFields ? (row as Row) : { body: row };
}
