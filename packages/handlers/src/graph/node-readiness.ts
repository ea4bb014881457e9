/** Which nodes of a graph can serve, for metrics. */
import type { HandlerMetrics } from '../handler.ts';

/** Told when it is known, and when it changes. */
export class NodeReadiness {
  readonly #metrics: HandlerMetrics;
  readonly #isReady = new Map<string, boolean>();

  constructor(metrics: HandlerMetrics) {
    this.#metrics = metrics;
  }

  /** What is known of a node now. @param node by its name in metrics */
  tell(node: string, isReady: boolean): void {
    if (this.#isReady.get(node) === isReady) return;
    this.#isReady.set(node, isReady);
    this.#metrics.addGauge('graph_node_ready', isReady ? 1 : 0, { dimensions: { node } });
  }
}
