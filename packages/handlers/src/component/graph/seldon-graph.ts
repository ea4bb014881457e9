/** The built-in handler `seldon_graph`: components of this server as one deployment, in the manner of Seldon Core. */
import { NO_SERVER_MODELS, serverModelsOf } from '../../context/ask-model.ts';
import { tellRowMerging } from '../../context/row-merging.ts';
import { toError } from '../../base/stages.ts';
import type { ExperimentStore } from '../../experiment/experiment-store.ts';
import { experimentStoreOf } from '../../experiment/experiment-store-of.ts';
import { GraphTrace } from '../../graph/graph-trace.ts';
import { watchNodes } from '../../graph/watch-nodes.ts';
import type { Handler, HandlerContext, ModelContext, Row, RowResult } from '../../handler.ts';
import { isPlainObject } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { clientWaitsMs, waitMs } from '../../transformer/answer-requests.ts';
import { headersOfRow } from '../../transformer/headers-of-row.ts';
import { replyMessage } from '../reply-message.ts';
import { messageOfRow, rowResultOf } from '../row-message.ts';
import { SeldonCall, type SeldonMessage } from '../seldon-message.ts';
import { TAKES_MESSAGES } from '../takes-messages.ts';
import { ToldStatus, type UnitRun } from './ask-unit.ts';
import { graphMetadata } from './graph-metadata.ts';
import { openUnit, type OpenUnit } from './open-unit.ts';
import { readSeldonGraph } from './read-seldon-graph.ts';
import { runFeedback } from './run-feedback.ts';
import { runUnits } from './run-units.ts';
import { unitsOf, type SeldonGraph, type SeldonUnit } from './seldon-unit.ts';

const SECTION = 'seldon_graph';

/** The section `seldon_graph` of the model's YAML file is a graph of Seldon's, or a predictor with one. */
export class SeldonGraphHandler implements Handler {
  readonly [TAKES_MESSAGES] = true;
  readonly #units = new Map<SeldonUnit, OpenUnit>();
  #graph: SeldonGraph | undefined;

  /** Resolves when it is known whether the units can serve. @throws Error for a graph that is none, with the place */
  async initialize(context: ModelContext): Promise<void> {
    const graph = readSeldonGraph(context.modelConfig[SECTION], SECTION);
    for (const warning of graph.warnings) context.logger.warn(warning);
    const models = serverModelsOf(context);
    let opened: ExperimentStore | undefined;
    const surroundings = { context, store: () => (opened ??= experimentStoreOf(context)) };
    for (const unit of unitsOf(graph.root))
      this.#units.set(unit, await openUnit(unit, surroundings, models ?? NO_SERVER_MODELS));
    this.#graph = graph;
    // Each request of a batch goes its own way: what waits for one of them lets the others go on.
    tellRowMerging(context, { merged: 'proven' });
    // While it is packaged there is nobody to ask.
    if (models === undefined) return;
    const units = [...this.#units].map(([{ name }, unit]) => ({ name, problem: () => unit.problem() }));
    await watchNodes(context, 'unit', units);
  }

  /** All rows of the batch at once, each on its own. */
  handle(data: Row[], context: HandlerContext): Promise<RowResult[]> {
    const endsAt = performance.now() + waitMs(context);
    return Promise.all(data.map((row, index) => this.#answer(row, index, { context, endsAt })));
  }

  async #answer(row: Row, index: number, batch: Batch): Promise<RowResult> {
    const { context } = batch;
    const { body } = row;
    const run = this.#runOf(index, batch);
    try {
      if (body instanceof SeldonCall) return await this.#call(body, run);
      return rowResultOf(await this.#call(new SeldonCall('predictions', messageOfRow(row)), run), row);
    } catch (error) {
      if (!(error instanceof ToldStatus)) return toError(error);
      context.setResponseStatus(error.status, undefined, index);
      if (body instanceof SeldonCall) return error.answer;
      return error.status < 400 ? rowResultOf(error.answer, row) : new PredictionError(error.message, error.status);
    } finally {
      run.trace.endFor(run.call.forward ?? {}, (name, value) => context.setResponseHeader(index, name, value));
    }
  }

  #call({ method, body }: SeldonCall, run: UnitRun): Promise<SeldonMessage> {
    const graph = this.#graph;
    if (graph === undefined) throw new Error('initialize has not been called');
    switch (method) {
      case 'predictions':
      case 'predict':
        return predict(graph, body, run);
      case 'send-feedback':
        return sendFeedback(graph, body, run);
      case 'metadata':
      case 'graph-metadata':
        return graphMetadata(graph, run);
      case 'health-status':
        return Promise.resolve(replyMessage('healthy', {}, {}));
      case 'transform-input':
      case 'transform-output':
      case 'route':
      case 'aggregate':
        throw new PredictionError(`A graph has no ${method}; it has predict and send-feedback`, 501);
    }
  }

  #runOf(row: number, { context, endsAt }: Batch): UnitRun {
    const headers = headersOfRow(context, row);
    return {
      units: this.#units,
      routes: new Map(),
      call: { signal: context.getSignal(row), forward: headers, models: serverModelsOf(context), row },
      endsAt: Math.min(endsAt, performance.now() + clientWaitsMs({ headers })),
      trace: new GraphTrace({ names: new Map(), metrics: context.metrics }),
    };
  }
}

interface Batch {
  readonly context: HandlerContext;
  readonly endsAt: number;
}

async function predict(graph: SeldonGraph, body: unknown, run: UnitRun): Promise<SeldonMessage> {
  const answer = await runUnits(graph.root, checked(body, 'a SeldonMessage'), run);
  const told = [...run.routes].filter(([name]) => tellsRouteOf(graph, name));
  return told.length === 0 ? answer : { ...answer, meta: { ...answer.meta, routing: Object.fromEntries(told) } };
}

/** Where the answer tells what was chosen, a feedback finds the way. */
function tellsRouteOf({ root, tellsAllRoutes }: SeldonGraph, name: string): boolean {
  const tellsAll = tellsAllRoutes || (process.env['SELDON_ENABLE_ROUTING_INJECTION'] ?? '') !== '';
  return tellsAll || unitsOf(root).some((unit) => unit.name === name && unit.methods.has('route'));
}

async function sendFeedback(graph: SeldonGraph, body: unknown, run: UnitRun): Promise<SeldonMessage> {
  const answer = await runFeedback(graph.root, checked(body, 'a feedback'), run);
  return answer ?? replyMessage([], { data: { ndarray: [] } }, {});
}

/** What is none is the client's mistake, and of no unit. */
function checked(body: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isPlainObject(body)) return body;
  throw new PredictionError(`Invalid request: expected ${what}, got ${valueText(body)}`, 400);
}
