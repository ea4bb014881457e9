/** Steps and combiners that are modules of the graph's own, opened. */
import type { ModelContext } from '../../handler.ts';
import type { PredictorCall } from '../../transformer/predictor.ts';
import type { Answers } from '../combine.ts';
import type { GraphNode } from '../graph-node.ts';
import type { GraphValue } from '../graph-value.ts';
import type { ModuleStep } from '../step.ts';
import { callModule } from './call-module.ts';
import { asGraphValue } from './graph-result.ts';
import type { ModuleRef } from './module-ref.ts';
import { openModule } from './open-module.ts';
import type { CombineFunction, TransformFunction } from './step-module.ts';

/** A node that asks no model. @throws HandlerError for a module that cannot be imported, or has no such function */
export async function openModuleNode({ module: ref, name }: ModuleStep, context: ModelContext): Promise<GraphNode> {
  const transform = await openModule<TransformFunction>(ref, context.modelDir);
  return {
    ask: (value, call) =>
      callModule({ ref, name, context, call }, async (step) => asGraphValue(await transform(value, step))),
    problem: () => Promise.resolve(undefined),
  };
}

/** A combiner of a graph's own. */
export type OpenedCombiner = (answers: Answers, name: string, call: PredictorCall) => Promise<GraphValue>;

/** @throws HandlerError for a module that cannot be imported, or has no such function */
export async function openCombiner(ref: ModuleRef, context: ModelContext): Promise<OpenedCombiner> {
  const combine = await openModule<CombineFunction>(ref, context.modelDir);
  return (answers, name, call) =>
    callModule({ ref, name, context, call }, async (step) =>
      asGraphValue(await combine(Object.fromEntries(answers), step)),
    );
}
