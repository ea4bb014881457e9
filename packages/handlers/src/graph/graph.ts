/** The built-in handler `graph`: several models as one service. */
import { tellRowMerging } from '../context/row-merging.ts';
import { NO_SERVER_MODELS, serverModelsOf, type ServerModels } from '../context/ask-model.ts';
import { tellReadiness } from '../context/readiness.ts';
import type { Handler, HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { ExperimentCall } from '../experiment/experiment-call.ts';
import { experimentStoreOf } from '../experiment/experiment-store-of.ts';
import { TAKES_EXPERIMENT_CALLS } from '../experiment/takes-experiment-calls.ts';
import { toError } from '../base/stages.ts';
import { PredictorWatch } from '../transformer/predictor-watch.ts';
import { answerRequests, clientWaitsMs, waitMs } from '../transformer/answer-requests.ts';
import { payloadOf, resultsOf, type TransformerRequest } from '../transformer/requests.ts';
import { openNode, type GraphNode } from './graph-node.ts';
import { asAnswer } from './graph-value.ts';
import { GraphTrace } from './graph-trace.ts';
import { NodeReadiness } from './node-readiness.ts';
import { PartPasser, PASSED_ON } from './part-passer.ts';
import { readGraph } from './read-graph.ts';
import type { ModuleRef } from './modules/module-ref.ts';
import { openCombiner, openModuleNode, type OpenedCombiner } from './modules/module-step.ts';
import { GraphExperiments } from './router/graph-experiments.ts';
import { createRouterArms } from './router/router-arms.ts';
import { routeTeller } from './router/route-teller.ts';
import type { RouterPolicy } from './router/router-policy.ts';
import { runStep } from './run-step.ts';
import { lastOf, namesOfSteps } from './step-names.ts';
import {
  modulesOf,
  moduleStepsOf,
  nodesOf,
  routersOf,
  stepProblem,
  type ModuleStep,
  type NodeStep,
  type RouterStep,
  type Step,
} from './step.ts';

/** The section `graph` of the model's YAML file says which models are asked, and how they are joined. */
export class Graph implements Handler {
  readonly [TAKES_EXPERIMENT_CALLS] = true;
  #step: Step | undefined;
  #names: ReadonlyMap<Step, string> = new Map();
  readonly #nodes = new Map<NodeStep | ModuleStep, GraphNode>();
  readonly #combiners = new Map<ModuleRef, OpenedCombiner>();
  readonly #routers = new Map<RouterStep, RouterPolicy>();
  /** Why nodes cannot serve, as it was when they were last asked. */
  readonly #problems = new Map<NodeStep | ModuleStep, string | undefined>();
  #experiments: GraphExperiments | undefined;

  /** Resolves when it is known whether the nodes can serve. @throws Error for a graph that is none, with the place */
  async initialize(context: ModelContext): Promise<void> {
    const step = readGraph(context.modelConfig['graph']);
    const models = serverModelsOf(context) ?? NO_SERVER_MODELS;
    for (const node of nodesOf(step)) this.#nodes.set(node, await openNode(node, context, models));
    for (const router of routersOf(step)) this.#routers.set(router, await this.#openRouter(router, context));
    await this.#openModules(step, context);
    this.#experiments = new GraphExperiments({
      step,
      store: experimentStoreOf(context),
      context,
      policies: this.#routers,
    });
    this.#step = step;
    this.#names = namesOfSteps(step);
    // Each request of a batch goes its own way: what waits for one of them lets the others go on.
    tellRowMerging(context, { merged: 'proven' });
    // Where it is packaged there is nobody to tell.
    if (models !== NO_SERVER_MODELS) await this.#watch(step, context);
  }

  /** All requests of the batch at once, each on its own. */
  handle(data: Row[], context: HandlerContext): Promise<RowResult[]> {
    const models = serverModelsOf(context);
    const patienceMs = waitMs(context);
    const waitsUntil = performance.now() + patienceMs;
    return answerRequests(data, context, (request) => {
      const passer = new PartPasser({ request, context, patienceMs, waitsUntil });
      return this.#answer(request, context, { passer, waitsUntil, models });
    });
  }

  async #answer(request: TransformerRequest, context: HandlerContext, waits: WaitingClient): Promise<RowResult[]> {
    if (this.#step === undefined) throw new Error('initialize has not been called');
    const { headers, places } = request;
    const [row = 0] = places;
    const call = request.rows[0]?.body;
    if (call instanceof ExperimentCall) return [await this.#experiments?.answer(call, context.metrics)];
    const trace = new GraphTrace({ names: this.#names, metrics: context.metrics });
    try {
      const value = await runStep(this.#step, payloadOf(request, true), {
        nodes: this.#nodes,
        combiners: this.#combiners,
        routers: this.#routers,
        request: { requestId: context.getRequestId(row), headers },
        call: { clientSignal: () => request.signal, forward: headers, models: waits.models, row, passer: waits.passer },
        endsAt: Math.min(waits.waitsUntil, performance.now() + clientWaitsMs(request)),
        trace,
        experiments: this.#experiments,
        onRoute: routeTeller(request),
      });
      trace.went(lastOf(this.#step), undefined);
      return value === PASSED_ON ? places.map(() => undefined) : resultsOf(request, asAnswer(value));
    } finally {
      trace.endFor(headers, (name, value) => request.setHeader(name, value));
    }
  }

  async #openModules(step: Step, context: ModelContext): Promise<void> {
    for (const own of moduleStepsOf(step)) this.#nodes.set(own, await openModuleNode(own, context));
    for (const ref of modulesOf(step)) {
      if (ref.role === 'combine') this.#combiners.set(ref, await openCombiner(ref, context));
    }
  }

  #openRouter(router: RouterStep, context: ModelContext): RouterPolicy | Promise<RouterPolicy> {
    const graph = { nodes: this.#nodes, combiners: this.#combiners, routers: this.#routers };
    const trace = () => new GraphTrace({ names: this.#names, metrics: context.metrics });
    const nodeProblem = (node: NodeStep | ModuleStep) => this.#nodeProblem(node);
    return router.policy.open(context, createRouterArms(router, { graph, trace, nodeProblem }));
  }

  #nodeProblem(node: NodeStep | ModuleStep): string | undefined {
    const problem = this.#problems.has(node) ? this.#problems.get(node) : 'it was not asked yet';
    return problem === undefined ? undefined : `node "${node.name}": ${problem}`;
  }

  /** The graph is ready while those nodes are without which it cannot answer. */
  async #watch(step: Step, context: ModelContext): Promise<void> {
    const readiness = new NodeReadiness(context.metrics);
    const ask = async (): Promise<string | undefined> => {
      await Promise.all(
        [...this.#nodes].map(async ([node, opened]) => this.#problems.set(node, await problemOf(opened))),
      );
      for (const [node, problem] of this.#problems) {
        readiness.tell(this.#names.get(node) ?? node.name, problem === undefined);
      }
      return stepProblem(step, (node) => this.#nodeProblem(node));
    };
    const onChange = (problem: string | undefined) => {
      tellReadiness(context, problem);
      if (problem !== undefined) context.logger.warn(problem);
    };
    await new PredictorWatch({
      ask,
      intervalMs: INTERVAL_MS,
      isDoubtful: () => [...this.#problems.values()].some((problem) => problem !== undefined),
      onChange,
    }).start();
  }
}

/** The client of a request. */
interface WaitingClient {
  /** Takes parts of the answer. */
  readonly passer: PartPasser;
  /** When the graph's worker cannot wait any more, by `performance.now`. */
  readonly waitsUntil: number;
  /** Asked in its name. */
  readonly models: ServerModels | undefined;
}

const INTERVAL_MS = 5000;
const TIMEOUT_MS = 2000;

function problemOf(node: GraphNode): Promise<string | undefined> {
  return node.problem({ timeoutMs: TIMEOUT_MS }).catch((error: unknown) => toError(error).message);
}
