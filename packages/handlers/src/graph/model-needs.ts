/** Which other models of its server a model asks, as its YAML file says; loaded by the server, so that it imports little. */
import { localModelOf } from '../transformer/local-model.ts';
import { readSeldonGraph } from '../component/graph/read-seldon-graph.ts';
import { unitsOf } from '../component/graph/seldon-unit.ts';
import type { LocalModel } from '../context/ask-model.ts';
import { readWorkflowPlan } from '../workflow/workflow-plan.ts';
import { readGraph } from './read-graph.ts';
import { nodesOf, stepProblem } from './step.ts';

/** A model of the same server that a model asks. */
export interface ModelNeed {
  /** Name that it is registered under. */
  readonly name: string;
  /** Undefined for whichever is the default one. */
  readonly version?: string | undefined;
  /** Whether nothing can be answered without it. */
  readonly isHard: boolean;
}

/**
 * Each model once, those of a server elsewhere not at all.
 * @param handler the manifest's, or another that was chosen at the registration
 * @param config the YAML file
 * @throws Error for a graph that is none, and for a name of a model that is none
 */
export function modelNeeds(handler: string, config: Readonly<Record<string, unknown>>): ModelNeed[] {
  if (handler === 'seldon_graph') return seldonNeeds(config['seldon_graph']);
  if (handler === 'workflow') return workflowNeeds(config['workflow']);
  return handler === 'graph' ? graphNeeds(config['graph']) : predictorNeeds(config['predictor_host']);
}

function graphNeeds(graph: unknown): ModelNeed[] {
  const step = readGraph(graph);
  return [...new Set(nodesOf(step).map(({ host }) => host))].flatMap((host) => {
    const model = localModelOf(host);
    const isHard = stepProblem(step, (node) => (node.host === host ? 'it is not there' : undefined)) !== undefined;
    return model === undefined ? [] : [{ ...model, isHard }];
  });
}

function seldonNeeds(graph: unknown): ModelNeed[] {
  const models = unitsOf(readSeldonGraph(graph, 'seldon_graph').root).flatMap(({ place }) =>
    place.kind === 'model' ? [place.model] : [],
  );
  const unlike = ({ name, version }: LocalModel, place: number) =>
    models.findIndex((each) => each.name === name && each.version === version) === place;
  return models.filter(unlike).map((model) => ({ ...model, isHard: true }));
}

function workflowNeeds(workflow: unknown): ModelNeed[] {
  const models = readWorkflowPlan(workflow).nodes.flatMap(({ model }) => model ?? []);
  return [...new Set(models)].map((name) => ({ name, isHard: true }));
}

/** Of a transformer, or of an explainer of a model elsewhere. */
function predictorNeeds(host: unknown): ModelNeed[] {
  const model = typeof host === 'string' ? localModelOf(host) : undefined;
  return model === undefined ? [] : [{ ...model, isHard: true }];
}
