/** The arms of a router for its policy: asked for the graph itself. */
import type { GraphTrace } from '../graph-trace.ts';
import { runStep, type GraphRun } from '../run-step.ts';
import { stepProblem, type RouterStep } from '../step.ts';
import { besideRun } from './beside-run.ts';
import type { RouterArms } from './router-policy.ts';
import { armOf } from './run-router.ts';

/** What they are asked with. */
export interface RouterArmsOptions {
  /** All nodes, modules and routers of the graph. */
  readonly graph: Pick<GraphRun, 'nodes' | 'combiners' | 'routers'>;
  /** Hears what is asked. */
  readonly trace: () => GraphTrace;
  /** Why a node cannot answer. */
  readonly nodeProblem: Parameters<typeof stepProblem>[1];
}

/** Of one router. */
export function createRouterArms(router: RouterStep, { graph, trace, nodeProblem }: RouterArmsOptions): RouterArms {
  return {
    problem: (arm) => stepProblem(armOf(router, arm), nodeProblem),
    async ask(arm, value, options) {
      const request = { requestId: `${router.name}-${arm}`, headers: {} };
      const run: GraphRun = { ...graph, request, call: {}, endsAt: Infinity, trace: trace(), onRoute: () => {} };
      return runStep(armOf(router, arm), value, besideRun(run, options));
    },
  };
}
