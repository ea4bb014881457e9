/** The contexts that handlers see, for whoever runs them: the worker process and `testHandler`. */
import {
  BatchContext,
  NOTHING_SET,
  type PartSink,
  type RequestFacts,
  type ResponseOverrides,
} from './batch-context.ts';
import type { HandlerContext, HandlerLogger, HandlerManifest, ModelContext } from '../handler.ts';
import { SERVER_MODELS, type ServerModels, type ServerModelsKnown } from './ask-model.ts';
import { createMetrics, type MetricSample } from './metrics.ts';
import { ROW_MERGING, type RowMerging, type RowMergingTold } from './row-merging.ts';
import { READINESS, type ReadinessTold } from './readiness.ts';
import { PREDICTOR, type PredictorReport, type PredictorTold } from './predictor-report.ts';
import { EXPERIMENTS, type ExperimentsKnown, type ExperimentsPlace } from '../experiment/experiments-place.ts';
import type { StageTimes } from './stage-times.ts';

export type { AnswerPart, LocalModel, LocalModelFacts, ModelQuestion, ServerModels } from './ask-model.ts';
export { NOTHING_SET } from './batch-context.ts';
export type { PartSink, RequestFacts, ResponseOverrides } from './batch-context.ts';
export { isInParts } from './answer-parts.ts';
export type { MetricSample, MetricSeries } from './metrics.ts';
export type { PredictorHost, PredictorIdentity, PredictorReport, PredictorState } from './predictor-report.ts';
export type { RowMerging } from './row-merging.ts';
export type { StageTimes } from './stage-times.ts';

/** What is known of a loaded model. */
export interface ModelFacts {
  /** Of the archive. */
  readonly manifest: HandlerManifest;
  /** Absolute path of the folder the archive was unpacked into. */
  readonly modelDir: string;
  /** The model's YAML file, parsed; `{}` when there is none. */
  readonly modelConfig: Readonly<Record<string, unknown>>;
  /** -1 for the CPU. */
  readonly gpuId: number;
  /** Largest number of rows in a batch. */
  readonly batchSize: number;
  /** Version of what runs the handler. */
  readonly serverVersion: string;
}

/** The levels of a log line, the least important first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where a handler's metrics and log lines go, and what it tells of its batches. */
export interface ModelContextSinks {
  /** Takes an observation of the handler's. */
  onMetric(sample: MetricSample): void;
  /** Takes a line of the handler's log; fields are as the handler gave them. */
  onLog(level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Of a handler that extends `BaseHandler`: whether rows of several requests go through the model together. */
  onRows?(rows: RowMerging): void;
  /** Of a handler whose model is elsewhere: why it cannot answer; undefined once it can. */
  onReadiness?(problem: string | undefined): void;
  /** The models of the server; undefined where there is none. */
  readonly models?: ServerModels;
  /** Where the server keeps experiments; undefined where there is no server. */
  readonly experiments?: ExperimentsPlace | undefined;
  /** Of a handler whose model is elsewhere: which model that is. */
  onPredictor?(report: PredictorReport): void;
}

/** The context of a model, for `initialize`. */
export function createModelContext(
  facts: ModelFacts,
  sinks: ModelContextSinks,
): ModelContext & RowMergingTold & ReadinessTold & PredictorTold & ServerModelsKnown & ExperimentsKnown {
  const { manifest, modelDir, modelConfig, gpuId, batchSize, serverVersion } = facts;
  const { modelName, modelVersion } = manifest.model;
  return Object.freeze({
    modelName,
    modelVersion,
    manifest,
    modelDir,
    modelConfig,
    systemProperties: Object.freeze({ modelDir, gpuId, batchSize, serverName: 'marserve', serverVersion }),
    metrics: createMetrics(modelName, (sample) => sinks.onMetric(sample)),
    logger: createLogger(sinks),
    [ROW_MERGING]: (rows: RowMerging) => sinks.onRows?.(rows),
    [READINESS]: (problem: string | undefined) => sinks.onReadiness?.(problem),
    [SERVER_MODELS]: sinks.models,
    [EXPERIMENTS]: sinks.experiments,
    [PREDICTOR]: (report: PredictorReport) => sinks.onPredictor?.(report),
  });
}

/** The context of one batch, and what fills while the handler runs. */
export interface Batch {
  /** What the handler is given. */
  readonly context: HandlerContext;
  /** What the handler set on the answer of each row, `NOTHING_SET` as long as that is nothing. */
  readonly responses: ResponseOverrides[];
  /** Of a handler that extends `BaseHandler` and leaves `handle` to it; of any other, all of its time is the handler's. */
  readonly stageTimes: Readonly<StageTimes>;
}

/** Of those that run a batch without a client. */
const NO_PARTS: PartSink = {
  sendPart: () => Promise.reject(new Error('context.sendPart: nobody takes an answer in parts here')),
  signal: () => new AbortController().signal,
};

/** For one batch: a row for each request. */
export function createBatchContext(model: ModelContext, requests: readonly RequestFacts[], parts = NO_PARTS): Batch {
  const stageTimes: StageTimes = {};
  const responses = requests.map(() => NOTHING_SET);
  const context = new BatchContext(model, { requests, responses, stageTimes, parts });
  return { context, responses, stageTimes };
}

function createLogger(sinks: ModelContextSinks): HandlerLogger {
  const at =
    (level: LogLevel): HandlerLogger['info'] =>
    (message, fields) =>
      sinks.onLog(level, message, fields);
  return Object.freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
}
