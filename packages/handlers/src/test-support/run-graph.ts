/** Graphs without a server: their nodes are functions. */
import { createBatchContext, createModelContext, type MetricSample } from '../context/context.ts';
import type { LocalModelFacts, ModelQuestion, ServerModels } from '../context/ask-model.ts';
import type { RowResult } from '../handler.ts';
import { Graph } from '../graph/graph.ts';

/** A node: what it answers an instance, or tensors by their names; it may throw, or take its time. */
export type TestNode = (instance: unknown, question: ModelQuestion, row: number | undefined) => unknown;

/** A graph that is asked in a test. */
export interface TestGraph {
  /** One request of one row. */
  ask(body: unknown, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  /** In their order. */
  readonly metrics: readonly MetricSample[];
  /** Messages with their fields, in their order. */
  readonly logs: readonly { readonly level: string; readonly message: string; readonly fields?: unknown }[];
  /** Why it cannot answer, as it last told; undefined when it can. */
  readonly problem: () => string | undefined;
}

/** What one of them answers. */
export interface TestAnswer {
  /** An Error where it failed. */
  readonly result: RowResult;
  /** Of the header `x-marserve-route`. */
  readonly route: string | undefined;
}

/** @param graph the section of the YAML @param describe what the server knows of the nodes; by default all are ready */
export async function openGraph(
  graph: unknown,
  nodes: Readonly<Record<string, TestNode>>,
  describe: (model: string) => LocalModelFacts = () => ({}),
): Promise<TestGraph> {
  const metrics: MetricSample[] = [];
  const logs: { level: string; message: string; fields?: unknown }[] = [];
  let problem: string | undefined;
  const manifest = { runtime: 'node', model: { modelName: 'g', modelVersion: '1.0', handler: 'graph' } };
  const context = createModelContext(
    { manifest, modelDir: '/model', modelConfig: { graph }, gpuId: -1, batchSize: 1, serverVersion: '0' },
    {
      onMetric: (sample) => metrics.push(sample),
      onLog: (level, message, fields) => logs.push({ level, message, fields }),
      onReadiness: (told) => (problem = told),
      models: serverModels(nodes, describe),
    },
  );
  const handler = new Graph();
  await handler.initialize(context);
  let asked = 0;
  return {
    metrics,
    logs,
    problem: () => problem,
    async ask(body, headers = {}) {
      const requests = [{ requestId: `request-${(asked += 1)}`, headers: Object.entries(headers).flat() }];
      const batch = createBatchContext(context, requests);
      const [result] = await handler.handle([{ body }], batch.context);
      return { result, route: batch.responses[0]?.headers['x-marserve-route'] };
    },
  };
}

function serverModels(
  nodes: Readonly<Record<string, TestNode>>,
  describe: (model: string) => LocalModelFacts,
): ServerModels {
  return {
    responseTimeoutMs: Infinity,
    async ask(question, row) {
      const { instances, inputs } = question.payload as { instances?: readonly unknown[]; inputs?: unknown };
      const node = nodes[question.model.name];
      if (instances === undefined) return { outputs: await node?.(inputs, question, row) };
      return { predictions: await Promise.all(instances.map((each) => node?.(each, question, row))) };
    },
    describe: async ({ name }) => describe(name),
  };
}
