/** What the steps of a graph have done, of the metrics that its workers tell: all in all, and in the last minute. */
import type { HandlerSeries } from '../metrics.ts';
import { RecentCounts } from './recent-counts.ts';
import { RecentTimes, type TimesOfMinute } from './recent-times.ts';

/** Of the questions to a node. */
export interface NodeFigures extends TimesOfMinute {
  /** All since the graph was registered. */
  readonly requests: number;
  /** Those of them without an answer. */
  readonly failures: number;
  /** Whether it can serve, as the graph's workers see it; undefined while none has told. */
  readonly isReady?: boolean | undefined;
}

/** Of the requests from a step to the next. */
export interface EdgeFigures {
  /** All since the graph was registered. */
  readonly requests: number;
  /** Of the last minute. */
  readonly perSecond: number;
}

/** What became of a step, all in all. */
export interface StepFigures {
  /** How often it was run again. */
  readonly retries: number;
  /** How often its fallback ran. */
  readonly fallbacks: number;
  /** How often the graph went on without it. */
  readonly softFailures: number;
}

/** Names are the handler's to choose: so many are kept. */
const MOST_SERIES = 1000;

const EVENTS = {
  graph_retries_total: 'retries',
  graph_fallbacks_total: 'fallbacks',
  graph_soft_failures_total: 'softFailures',
} as const satisfies Record<string, keyof StepFigures>;

/** Of one version; has nothing where its handler is no graph. Times are of the clock `performance.now`. */
export class GraphFigures {
  readonly #startedAt: number;
  readonly #nodes = new Map<string, NodeCounts>();
  readonly #edges = new Map<string, EdgeCounts>();
  readonly #steps = new Map<string, { -readonly [Event in keyof StepFigures]: number }>();

  constructor(now = performance.now()) {
    this.#startedAt = now;
  }

  /** Takes what a worker tells. */
  record(samples: readonly HandlerSeries[], now = performance.now()): void {
    for (const series of samples) {
      if (series.name.startsWith('graph_')) for (const value of series.values) this.#add(series, value, now);
    }
  }

  /** Of a node by its name. */
  node(name: string, now = performance.now()): NodeFigures {
    const { requests, failures, isReady, recent } = this.#nodes.get(name) ?? new NodeCounts(now);
    return { requests, failures, isReady, ...recent.read(now) };
  }

  /** Of the way from one step to another. */
  edge(from: string, to: string, now = performance.now()): EdgeFigures {
    const { requests, recent } = this.#edges.get(edgeKey(from, to)) ?? new EdgeCounts(now);
    const { counts, seconds } = recent.read(now);
    return { requests, perSecond: (counts[0] ?? 0) / seconds };
  }

  /** Of a step by its name. */
  step(name: string): StepFigures {
    return this.#steps.get(name) ?? NO_EVENTS;
  }

  #add({ name, dimensions }: HandlerSeries, value: number, now: number): void {
    const { node = '', outcome, from = '', to = '', step = '' } = dimensions;
    if (name === 'graph_node_seconds') {
      this.#known(this.#nodes, node, NodeCounts)?.add(1000 * value, outcome === 'failed', now);
    } else if (name === 'graph_node_ready') {
      const counts = this.#known(this.#nodes, node, NodeCounts);
      if (counts !== undefined) counts.isReady = value > 0;
    } else if (name === 'graph_edge_requests_total') {
      this.#known(this.#edges, edgeKey(from, to), EdgeCounts)?.add(now);
    } else if (Object.hasOwn(EVENTS, name)) {
      const counts = this.#steps.get(step) ?? { ...NO_EVENTS };
      counts[EVENTS[name as keyof typeof EVENTS]] += value;
      if (this.#steps.size < MOST_SERIES) this.#steps.set(step, counts);
    }
  }

  /** Undefined where there are too many. */
  #known<T>(all: Map<string, T>, key: string, Counts: new (now: number) => T): T | undefined {
    const known = all.get(key);
    if (known !== undefined || all.size >= MOST_SERIES) return known;
    const counts = new Counts(this.#startedAt);
    all.set(key, counts);
    return counts;
  }
}

const NO_EVENTS: StepFigures = { retries: 0, fallbacks: 0, softFailures: 0 };

function edgeKey(from: string, to: string): string {
  return JSON.stringify([from, to]);
}

class NodeCounts {
  readonly recent: RecentTimes;
  requests = 0;
  failures = 0;
  isReady: boolean | undefined;

  constructor(now: number) {
    this.recent = new RecentTimes(now);
  }

  add(ms: number, hasFailed: boolean, now: number): void {
    this.requests += 1;
    if (hasFailed) this.failures += 1;
    this.recent.add(ms, hasFailed, now);
  }
}

class EdgeCounts {
  readonly recent: RecentCounts;
  requests = 0;

  constructor(now: number) {
    this.recent = new RecentCounts(1, now);
  }

  add(now: number): void {
    this.requests += 1;
    this.recent.add(0, now);
  }
}
