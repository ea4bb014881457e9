/** What one sees of a graph: its steps, and the ways between them, with the figures of the last minute. */
import type { PlannedPart, PlannedStep } from '@marserve/handlers/graph-plan';
import type { GraphFigures } from '../../../core/graphs/graph-figures.ts';
import type { ModelReadiness } from '../../../core/data-plane.ts';
import type { ModelKey } from '../../../core/model-key.ts';

/** A step that is a place: a node, or where ways part. */
export interface ViewedStep {
  /** No other step of the graph has it. */
  readonly name: string;
  /** `node`, `module`, `parallel`, `switch` or `router`. */
  readonly kind: PlannedStep['kind'];
  /** Of a node: the model that is asked. */
  readonly model?: string | undefined;
  /** The version that the graph names. */
  readonly version?: string | undefined;
  /** The server that has it; undefined for this one. */
  readonly url?: string | undefined;
  /** How the answers of parallel steps become one, by which policy a router chooses, or the file of a module. */
  readonly how?: string | undefined;
  /** Whether the graph goes on without its answer. */
  readonly soft?: true | undefined;
  /** Of a node: whether it can serve; undefined while that is not known. */
  readonly ready?: boolean | undefined;
  /** Why not, where this server knows. */
  readonly reason?: string | undefined;
  /** Of a node: the questions to it since the graph was registered. */
  readonly requests?: number;
  /** Those of them without an answer. */
  readonly failures?: number;
  /** Questions of the last minute. */
  readonly recentRequests?: number;
  /** Those of them without an answer. */
  readonly recentFailures?: number;
  /** Questions a second in the last minute. */
  readonly perSecond?: number;
  /** Of the last minute, in milliseconds; undefined without questions. */
  readonly p50Ms?: number | undefined;
  /** Of the last minute, in milliseconds; undefined without questions. */
  readonly p99Ms?: number | undefined;
  /** How often it was run again. */
  readonly retries: number;
  /** How often its fallback ran. */
  readonly fallbacks: number;
  /** How often the graph went on without it. */
  readonly softFailures: number;
}

/** The way from a step to the next. */
export interface ViewedEdge extends Omit<PlannedPart, 'step'> {
  /** A step, or `client`. */
  readonly from: string;
  /** A step, or `client`. */
  readonly to: string;
  /** Whether it is taken when `from` fails. */
  readonly fallback?: true;
  /** That took it since the graph was registered. */
  readonly requests: number;
  /** That took it in the last minute, a second. */
  readonly perSecond: number;
}

/** A version that is a graph. */
export interface GraphView {
  /** Name of the model. */
  readonly modelName: string;
  /** Its version. */
  readonly modelVersion: string;
  /** Whether it answers now. */
  readonly ready: boolean;
  /** Why not. */
  readonly reason?: string | undefined;
  /** In the order in which requests come to them. */
  readonly nodes: readonly ViewedStep[];
  /** From the client to the client. */
  readonly edges: readonly ViewedEdge[];
}

/** What is looked at. */
export interface ViewedGraph {
  /** The version. */
  readonly key: ModelKey;
  /** Its steps. */
  readonly plan: PlannedStep;
  /** What they did. */
  readonly figures: GraphFigures;
  /** Of this server's models: never throws. */
  readonly readinessOf: (name: string, version: string | undefined) => ModelReadiness;
}

/** Both ends of all ways. */
const CLIENT = 'client';

/** As it is now. */
export function viewGraph(graph: ViewedGraph): GraphView {
  const { key, plan, readinessOf } = graph;
  const { isReady, reason } = readinessOf(key.name, key.version);
  const walk = new Walk(graph);
  walk.edge(walk.step(plan, CLIENT), CLIENT);
  const { nodes, edges } = walk;
  return { modelName: key.name, modelVersion: key.version, ready: isReady, reason, nodes, edges };
}

class Walk {
  readonly nodes: ViewedStep[] = [];
  readonly edges: ViewedEdge[] = [];
  readonly #graph: ViewedGraph;

  constructor(graph: ViewedGraph) {
    this.#graph = graph;
  }

  /** @returns the place that its answer comes from */
  step(step: PlannedStep, from: string, way: Partial<ViewedEdge> = {}): string {
    let last = step.name;
    if (step.kind === 'sequence') last = this.#sequence(step, from, way);
    else {
      this.edge(from, step.name, way);
      this.nodes.push(this.#viewed(step));
      for (const { step: part, ...own } of step.parts) this.step(part, step.name, own);
    }
    if (step.fallback !== undefined) this.step(step.fallback, last, { fallback: true });
    return last;
  }

  edge(from: string, to: string, way: Partial<ViewedEdge> = {}): void {
    this.edges.push({ from, to, ...way, ...this.#graph.figures.edge(from, to) });
  }

  #sequence({ parts }: PlannedStep, from: string, way: Partial<ViewedEdge>): string {
    return parts.reduce((last, part, index) => this.step(part.step, last, index === 0 ? way : {}), from);
  }

  #viewed({ name, kind, model, version, url, how, isSoft }: PlannedStep): ViewedStep {
    const { figures, readinessOf } = this.#graph;
    const common = { name, kind, model, version, url, how, soft: isSoft || undefined, ...figures.step(name) };
    if (kind !== 'node' && kind !== 'module') return common;
    const { isReady, ...asked } = figures.node(name);
    const known = model !== undefined && url === undefined ? readinessOf(model, version) : { isReady };
    return { ...common, ready: known.isReady, reason: 'reason' in known ? known.reason : undefined, ...asked };
  }
}
