/** A graph for those who look at it: its steps by the names that their metrics have; loaded by the server, so that it imports little. */
import { planUnit } from '../component/graph/plan-seldon-graph.ts';
import { readSeldonGraph } from '../component/graph/read-seldon-graph.ts';
import { localModelOf } from '../transformer/local-model.ts';
import { readGraph } from './read-graph.ts';
import { namesOfSteps } from './step-names.ts';
import type { NodeStep, Step } from './step.ts';

export { CLIENT } from './step-names.ts';

/** A step, and all that it is made of. */
export interface PlannedStep {
  /** No other step of the graph has it. */
  readonly name: string;
  /** What it does. */
  readonly kind: Step['kind'];
  /** Of a node: the model that is asked. */
  readonly model?: string | undefined;
  /** Its version; undefined for the default one. */
  readonly version?: string | undefined;
  /** The server that has it; undefined for this one. */
  readonly url?: string | undefined;
  /** How the answers of parallel steps become one, by which policy a router chooses, or the file of a module. */
  readonly how?: string;
  /** Whether the graph goes on without its answer. */
  readonly isSoft: boolean;
  /** In their order. */
  readonly parts: readonly PlannedPart[];
  /** What runs when it fails. */
  readonly fallback?: PlannedStep | undefined;
}

/** A part of a step. */
export interface PlannedPart {
  /** Of a switch: when it is taken. */
  readonly condition?: string;
  /** Of a router, where it is known before: its share, from 0 to 1. */
  readonly share?: number;
  /** What runs. */
  readonly step: PlannedStep;
}

/** Handlers whose models are graphs. */
export const GRAPH_HANDLERS: readonly string[] = ['graph', 'seldon_graph'];

/** @param config of a model with one of those handlers @throws Error for a graph that is none */
export function planGraph(config: Readonly<Record<string, unknown>>, handler = 'graph'): PlannedStep {
  if (handler === 'seldon_graph') return planUnit(readSeldonGraph(config['seldon_graph'], 'seldon_graph').root);
  const root = readGraph(config['graph']);
  return planned(root, namesOfSteps(root));
}

type Names = ReadonlyMap<Step, string>;

function planned(step: Step, names: Names): PlannedStep {
  const { kind, isSoft, fallback } = step;
  return {
    name: names.get(step) ?? step.name,
    kind,
    ...(step.kind === 'node' && askedBy(step)),
    ...(step.kind === 'module' && { how: step.module.handler }),
    ...(step.kind === 'parallel' && { how: typeof step.combine === 'string' ? step.combine : step.combine.handler }),
    ...(step.kind === 'router' && { how: step.policyName }),
    isSoft,
    parts: partsOf(step, names),
    fallback: fallback && planned(fallback, names),
  };
}

function askedBy({ host, predictor }: NodeStep): Pick<PlannedStep, 'model' | 'version' | 'url'> {
  const local = localModelOf(host);
  if (local !== undefined) return { model: local.name, version: local.version };
  const { predictor_model_name: model, predictor_model_version: version } = predictor;
  return { url: host, model: textOf(model), version: textOf(version) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function partsOf(step: Step, names: Names): PlannedPart[] {
  const plan = (part: Step) => ({ step: planned(part, names) });
  switch (step.kind) {
    case 'node':
    case 'module':
      return [];
    case 'sequence':
      return step.steps.map(plan);
    case 'parallel':
      return Object.values(step.branches).map(plan);
    case 'switch':
      return [
        ...step.cases.map(({ text, step: part }) => ({ condition: text, ...plan(part) })),
        ...(step.otherwise === undefined ? [] : [{ condition: 'otherwise', ...plan(step.otherwise) }]),
      ];
    case 'router': {
      const { weights = [] } = step.policy;
      const sum = weights.reduce((total, { weight }) => total + weight, 0);
      return Object.entries(step.arms).map(([arm, part]) => {
        const found = weights.find((each) => each.arm === arm);
        return { ...(found && { share: found.weight / sum }), ...plan(part) };
      });
    }
  }
}
