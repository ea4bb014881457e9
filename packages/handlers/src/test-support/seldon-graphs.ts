/** Graphs of Seldon whose units are components of this process. */
import { expect } from 'vitest';
import { ComponentHandler } from '../component/component-handler.ts';
import { SeldonResponse } from '../component/component.ts';
import { SeldonGraphHandler } from '../component/graph/seldon-graph.ts';
import { SeldonCall, type SeldonMethod, type SeldonQuestion } from '../component/seldon-message.ts';
import type { ModelQuestion } from '../context/ask-model.ts';
import { createBatchContext, createModelContext, type MetricSample } from '../context/context.ts';
import { PredictionError } from '../prediction-error.ts';

/** Passes on what came, with a mark for each method. */
class Step {
  #mark(X: unknown, sign: string) {
    if (X === 'fail') throw new PredictionError('it had enough', 422);
    return `${String(X)}${sign}`;
  }
  predict = (X: unknown) => this.#mark(X, '=');
  transformInput = (X: unknown) => this.#mark(X, '>');
  transformOutput = (X: unknown) => this.#mark(X, '<');
  aggregate = (Xs: readonly unknown[]) => Xs.join('+');
  route = (X: unknown, _: readonly string[], { tags }: { tags?: { to?: number } }) =>
    X === 'bare' ? new SeldonResponse(tags?.to ?? 0) : (tags?.to ?? 0);
  sendFeedback = (...[X, , reward, truth, routing]: readonly unknown[]) => {
    return { X, reward, truth, routing: routing ?? null };
  };
  metrics = () => [{ type: 'COUNTER' as const, key: 'steps', value: 1 }];
  tags = () => ({ seen: true });
}

/** Answers with what it was made with, and how many of it there were before. */
export class Made {
  static count = 0;
  readonly #made: unknown;
  constructor(parameters: object) {
    if ('fail' in parameters) throw new PredictionError('no parameter is called fail', 500);
    this.#made = { ...parameters, nth: (Made.count += 1) };
  }
  predict = () => this.#made;
}

class Wild {
  predictRaw = (message: object) => ({ ...message, status: { code: 202 } });
  transformInputRaw = () => ({ status: { status: 'FAILURE', info: 'wild' } });
  routeRaw = () => ({ strData: 'nowhere' });
}

const UNITS: Readonly<Record<string, unknown>> = { step: Step, wild: Wild, made: Made };

/** A graph, and what was asked of its units in their order. */
export async function graphOf(seldonGraph: object) {
  const asked: string[] = [];
  const components = new Map<string, ComponentHandler>();
  const metrics: MetricSample[] = [];
  const sinks = { onMetric: (sample: MetricSample) => metrics.push(sample), onLog: () => {} };
  const signals = new Map<string, AbortSignal | undefined>();
  const ask = async ({ model, payload, form, signal }: ModelQuestion) => {
    const { method, body, unit } = payload as SeldonQuestion;
    expect(form).toBe('messages');
    signals.set(unit.name, signal);
    asked.push(`${unit.name} ${method}`);
    const component = components.get(model.name) ?? new ComponentHandler(UNITS[model.name] as never);
    if (!components.has(model.name)) {
      components.set(model.name, component);
      await component.initialize(contextOf(model.name, { component: { parameters: { own: 1 } } }, sinks));
    }
    const batch = createBatchContext(contextOf(model.name, {}, sinks), [{ requestId: 'r', headers: [] }]);
    const [answer] = await component.handle([{ body: new SeldonCall(method, body, unit) }], batch.context);
    if (answer instanceof Error) throw answer;
    return JSON.parse(JSON.stringify(answer)) as unknown;
  };
  const models = { ask, describe: () => Promise.resolve({}), responseTimeoutMs: 60_000 };
  const context = contextOf('graph', { seldon_graph: seldonGraph }, { ...sinks, models });
  const handler = new SeldonGraphHandler();
  await handler.initialize(context);
  async function call(body: unknown, method: SeldonMethod = 'predictions') {
    asked.length = 0;
    const { context: batch, responses } = createBatchContext(context, [{ requestId: 'r', headers: [] }]);
    const [answer] = await handler.handle([{ body: new SeldonCall(method, body) }], batch);
    return { answer, status: responses[0]?.status, asked: asked.join(', ') };
  }
  return { call, metrics, signals };
}

function contextOf(
  modelName: string,
  modelConfig: Readonly<Record<string, unknown>>,
  sinks: Parameters<typeof createModelContext>[1],
) {
  const manifest = { runtime: 'node', model: { modelName, modelVersion: '1.0', handler: 'h' } };
  const facts = { manifest, modelDir: '.', modelConfig, gpuId: -1, batchSize: 1, serverVersion: 'test' };
  return createModelContext(facts, sinks);
}

type Place = Readonly<Record<string, unknown>>;
export const unit = (name: string, place: Place, ...children: readonly object[]) => ({ name, ...place, children });
/** All units are the same class, but those that are named. */
export function graph(
  root: { name: string; children: readonly object[] },
  others: Readonly<Record<string, string>> = {},
) {
  const named: Record<string, string> = {};
  const visit = ({ name, children, ...place }: { name: string; children: readonly object[] }) => {
    if (!('implementation' in place)) named[name] = others[name] ?? 'step';
    for (const child of children) visit(child as never);
  };
  visit(root);
  return { ...root, components: named };
}
