/** A handler in front of a predictor: its stages run here, the model there. */
import { serverModelsOf } from '../context/ask-model.ts';
import { tellPredictor, type PredictorReport } from '../context/predictor-report.ts';
import { tellReadiness } from '../context/readiness.ts';
import { addStageTime, type StageName } from '../context/stage-times.ts';
import type { Handler, HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { ASKS_PREDICTOR } from '../explain/predicted-handler.ts';
import { answerRequests, clientWaitsMs, waitMs } from './answer-requests.ts';
import type { PredictorInputs, PredictorOutputs } from './payload.ts';
import { GuardedPredictor } from './guarded-predictor.ts';
import { isPinned, modelText } from './identity.ts';
import { openPredictor, type Predictor, type PredictorOperation } from './predictor.ts';
import { PredictorWatch } from './predictor-watch.ts';
import { payloadOf, resultsOf, type TransformerRequest } from './requests.ts';
import { readTransformerOptions, type PredictorOptions } from './transformer-options.ts';

/** Headers of a request, their names in lower case. */
export type RequestHeaders = Readonly<Record<string, string>>;

/**
 * In front of a predictor, which the model's config names (`predictor_host`): a request goes through `preprocess`, to the
 * predictor, and through `postprocess`. Both stages may be left out. They get the body of the predictor's protocol:
 * `{ instances }` and `{ predictions }` for V1, `{ inputs }` and `{ outputs }` of tensors for V2; of a request to a predictor
 * of V2 that is not made of tensors, `preprocess` gets `{ instances }`.
 * @example
 * export default class Scaler extends Transformer {
 *   override preprocess({ instances }: InstancesPayload) {
 *     return { instances: instances.map((pixels) => (pixels as number[]).map((pixel) => pixel / 255)) };
 *   }
 * }
 */
export class Transformer implements Handler {
  /** Explainers ask its predictor in requests, several at a time. */
  readonly [ASKS_PREDICTOR] = true;
  #predictor: GuardedPredictor | undefined;
  /** What the config gives the predictor. */
  #longestMs = Infinity;

  /** The body of the request to the predictor, of that of the client. A PredictionError is what the client is answered. */
  preprocess?(inputs: PredictorInputs, headers: RequestHeaders): PredictorInputs | Promise<PredictorInputs>;

  /** The answer to the client, of the predictor's: of the same form, or for a request of one row any result. */
  postprocess?(outputs: PredictorOutputs, headers: RequestHeaders): unknown;

  /** Reads the model's config. @throws Error for one that names no predictor, or has wrong values */
  async initialize(context: ModelContext): Promise<void> {
    const options = readTransformerOptions(context);
    const predictor = await openPredictor(options, context);
    this.#longestMs = options.client.timeoutMs || Infinity;
    const onReport = (report: PredictorReport) => {
      context.metrics.addGauge('predictor_mismatch', report.hosts.some(({ state }) => state === 'wrong') ? 1 : 0);
      tellPredictor(context, report);
      watch.askSoon();
    };
    const guarded = new GuardedPredictor({ ...options, predictor, logger: context.logger, onReport });
    const watch = watchPredictor(guarded, { ...options, predictor, context });
    this.#predictor = guarded;
    if (options.isHealthChecked || isPinned(options.expected)) await watch.start();
  }

  handle(data: Row[], context: HandlerContext): Promise<RowResult[]> {
    return this.#run('predict', data, context);
  }

  explain(data: Row[], context: HandlerContext): Promise<RowResult[]> {
    return this.#run('explain', data, context);
  }

  /** All requests of the batch at once, each on its own. */
  async #run(operation: PredictorOperation, rows: Row[], context: HandlerContext): Promise<RowResult[]> {
    const times = new StageClock();
    const endsAt = performance.now() + waitMs(context);
    const results = await answerRequests(rows, context, (request) =>
      this.#answer(operation, request, { times, context, endsAt }),
    );
    times.tell(operation, context);
    return results;
  }

  async #answer(
    operation: PredictorOperation,
    request: TransformerRequest,
    { times, context, endsAt }: TransformerBatch,
  ): Promise<RowResult[]> {
    const predictor = this.#predictor;
    if (predictor === undefined) throw new Error('initialize has not been called');
    const { headers, places } = request;
    const payload = payloadOf(request, predictor.takesTensors);
    const inputs = await times.measure(
      'preprocess',
      async () => (await this.preprocess?.(payload, headers)) ?? payload,
    );
    const givenMs = Math.min(this.#longestMs, clientWaitsMs(request));
    const timeoutMs = Math.min(givenMs, Math.max(1, endsAt - performance.now()));
    const asking = { models: serverModelsOf(context), row: places[0] };
    const signal = predictor.isLocal ? undefined : request.signal;
    const call = { signal, forward: headers, ...asking, ...(timeoutMs < Infinity && { timeoutMs }) };
    const answer = await times.measure('inference', () => predictor.ask(operation, inputs, call));
    const { outputs } = answer;
    if (answer.predictor?.version !== undefined) request.setHeader(PREDICTOR_HEADER, modelText(answer.predictor));
    const value = await times.measure(
      'postprocess',
      async () => (await this.postprocess?.(outputs, headers)) ?? outputs,
    );
    return resultsOf(request, value);
  }
}

/** The batch of a request. */
interface TransformerBatch {
  readonly times: StageClock;
  readonly context: HandlerContext;
  /** When whoever waits for the predictor gives up, by the clock in milliseconds. */
  readonly endsAt: number;
}

/** Which version of the predictor is behind an answer. */
const PREDICTOR_HEADER = 'x-marserve-predictor';
const HEALTH_MS = 5000;
const HEALTH_TIMEOUT_MS = 2000;

/** Why it cannot serve. */
async function askHealth(predictor: Predictor, { host }: Pick<PredictorOptions, 'host'>): Promise<string | undefined> {
  try {
    const problem = await predictor.problem({ timeoutMs: HEALTH_TIMEOUT_MS });
    return problem && `the predictor at ${host} is not ready: ${problem}`;
  } catch (error) {
    return `the predictor cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
  }
}

interface Watched extends PredictorOptions {
  readonly predictor: Predictor;
  readonly context: ModelContext;
}

/** It is ready while it has the right model, and while it is ready itself where that is asked for. */
function watchPredictor(guarded: GuardedPredictor, { predictor, context, ...options }: Watched): PredictorWatch {
  const { isHealthChecked, checkMs } = options;
  return new PredictorWatch({
    intervalMs: isHealthChecked ? Math.min(HEALTH_MS, checkMs) : checkMs,
    isDoubtful: () => !guarded.isSettled,
    ask: async () => (await guarded.look()) ?? (isHealthChecked ? askHealth(predictor, options) : undefined),
    onChange(problem) {
      tellReadiness(context, problem);
      if (problem !== undefined && problem !== guarded.mismatch) context.logger.warn(problem);
    },
  });
}

/** KServe's names. */
const METRICS: Readonly<Record<StageName, string>> = {
  preprocess: 'request_preprocess_seconds',
  inference: 'request_predict_seconds',
  postprocess: 'request_postprocess_seconds',
};

/** How long the stages take; the requests of a batch are in them at the same time. */
class StageClock {
  readonly #times: { readonly stage: StageName; readonly ms: number }[] = [];

  async measure<T>(stage: StageName, run: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await run();
    } finally {
      this.#times.push({ stage, ms: performance.now() - startedAt });
    }
  }

  /** The longest of each stage counts for the batch, each for the metrics. */
  tell(operation: PredictorOperation, context: HandlerContext): void {
    const longest = new Map<StageName, number>();
    for (const { stage, ms } of this.#times) {
      longest.set(stage, Math.max(ms, longest.get(stage) ?? 0));
      const name = stage === 'inference' && operation === 'explain' ? 'request_explain_seconds' : METRICS[stage];
      context.metrics.addHistogram(name, ms / 1000, { unit: 's' });
    }
    for (const [stage, ms] of longest) addStageTime(context, stage, ms);
  }
}
