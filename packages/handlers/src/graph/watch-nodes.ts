/** Tells whoever runs a model whether those that it asks can serve. */
import { toError } from '../base/stages.ts';
import { tellReadiness } from '../context/readiness.ts';
import type { ModelContext } from '../handler.ts';
import { PredictorWatch } from '../transformer/predictor-watch.ts';
import { NodeReadiness } from './node-readiness.ts';

/** Who is asked now and then. */
export interface WatchedNode {
  /** In messages and metrics. */
  readonly name: string;
  /** Why it cannot serve; undefined when it can. */
  problem(): Promise<string | undefined>;
}

const INTERVAL_MS = 5000;

/**
 * Ready is what has all of its nodes. Resolves when it is known for the first time.
 * @param noun what messages call a node
 */
export async function watchNodes(context: ModelContext, noun: string, nodes: readonly WatchedNode[]): Promise<void> {
  const readiness = new NodeReadiness(context.metrics);
  const ask = async (): Promise<string | undefined> => {
    const problems = await Promise.all(nodes.map(async (node) => [node.name, await problemOf(node)] as const));
    for (const [name, problem] of problems) readiness.tell(name, problem === undefined);
    const found = problems.find(([, problem]) => problem !== undefined);
    return found && `${noun} "${found[0]}": ${found[1]}`;
  };
  const onChange = (problem: string | undefined) => {
    tellReadiness(context, problem);
    if (problem !== undefined) context.logger.warn(problem);
  };
  await new PredictorWatch({ ask, intervalMs: INTERVAL_MS, isDoubtful: () => false, onChange }).start();
}

function problemOf(node: WatchedNode): Promise<string | undefined> {
  return node.problem().catch((error: unknown) => toError(error).message);
}
