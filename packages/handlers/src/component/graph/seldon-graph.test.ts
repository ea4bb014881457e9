/** Graphs whose units are components of this process: what is asked of whom, and what is said of a message on its way. */
import { describe, expect, it } from 'vitest';
import type { ModelQuestion } from '../../context/ask-model.ts';
import { createBatchContext, createModelContext, type MetricSample } from '../../context/context.ts';
import { PredictionError } from '../../prediction-error.ts';
import { ComponentHandler } from '../component-handler.ts';
import { SeldonResponse } from '../component.ts';
import { SeldonCall, type SeldonMethod, type SeldonQuestion } from '../seldon-message.ts';
import { SeldonGraphHandler } from './seldon-graph.ts';

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
  sendFeedback = (X: unknown, _: readonly string[], reward: number, truth: unknown, routing: unknown) => {
    return { X, reward, truth, routing: routing ?? null };
  };
  metrics = () => [{ type: 'COUNTER' as const, key: 'steps', value: 1 }];
  tags = () => ({ seen: true });
}

class Wild {
  predictRaw = (message: object) => ({ ...message, status: { code: 202 } });
  transformInputRaw = () => ({ status: { status: 'FAILURE', info: 'wild' } });
  routeRaw = () => ({ strData: 'nowhere' });
}

const UNITS: Readonly<Record<string, new () => object>> = { step: Step, wild: Wild };

/** A graph, and what was asked of its units in their order. */
async function graphOf(seldonGraph: object) {
  const asked: string[] = [];
  const metrics: MetricSample[] = [];
  const sinks = { onMetric: (sample: MetricSample) => metrics.push(sample), onLog: () => {} };
  const ask = async ({ model, payload, form }: ModelQuestion) => {
    const { method, body, unit } = payload as SeldonQuestion;
    expect(form).toBe('messages');
    asked.push(`${unit.name} ${method}`);
    const component = new ComponentHandler(UNITS[model.name] as never);
    await component.initialize(contextOf(model.name, {}, sinks));
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
  return { call, metrics };
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
const unit = (name: string, place: Place, ...children: readonly object[]) => ({ name, ...place, children });
/** All units are the same class, but those that are named. */
function graph(root: { name: string; children: readonly object[] }, others: Readonly<Record<string, string>> = {}) {
  const named: Record<string, string> = {};
  const visit = ({ name, children, ...place }: { name: string; children: readonly object[] }) => {
    if (!('implementation' in place)) named[name] = others[name] ?? 'step';
    for (const child of children) visit(child as never);
  };
  visit(root);
  return { ...root, components: named };
}

const MODEL = { type: 'MODEL' };
const ROUTER = { type: 'ROUTER' };
const RUN_TWO = unit('r', ROUTER, unit('a', MODEL), unit('b', MODEL));

describe('a request', () => {
  it('goes down to the children and back', async () => {
    const chain = unit(
      'a',
      { type: 'TRANSFORMER' },
      unit('d', { type: 'OUTPUT_TRANSFORMER' }, unit('b', MODEL, unit('c', MODEL))),
    );
    const { call } = await graphOf(graph(chain));
    const { answer, asked } = await call({ strData: 'x', meta: { puid: 'p', tags: { own: 1 } } });
    expect(asked).toBe('a transform-input, b predict, c predict, d transform-output');
    expect(answer).toEqual({
      strData: 'x>==<',
      meta: {
        puid: 'p',
        tags: { own: 1, seen: true },
        requestPath: { a: 'step:1.0', b: 'step:1.0', c: 'step:1.0', d: 'step:1.0' },
        metrics: Array.from({ length: 4 }, () => ({ type: 'COUNTER', key: 'steps', value: 1 })),
      },
    });
  });

  it('goes to all children of a unit that does not choose, whose combiner makes one answer of theirs', async () => {
    const combined = unit('c', { type: 'COMBINER' }, unit('a', MODEL), unit('b', MODEL));
    const { answer, asked } = await (await graphOf(graph(combined))).call({ strData: 'x' });
    expect(asked).toBe('a predict, b predict, c aggregate');
    expect(answer).toMatchObject({
      strData: 'x=+x=',
      meta: { requestPath: { a: 'step:1.0', b: 'step:1.0', c: 'step:1.0' } },
    });
    const plain = unit('u', { type: 'UNKNOWN_TYPE' }, unit('a', MODEL), unit('b', MODEL));
    expect((await (await graphOf(graph(plain))).call({ strData: 'x' })).answer).toMatchObject({
      strData: 'x=',
      meta: { requestPath: { a: 'step:1.0' } },
    });
  });

  it('asks the methods that a unit has, whatever its type', async () => {
    const methods = ['TRANSFORM_INPUT', 'TRANSFORM_OUTPUT', 'ROUTE', 'AGGREGATE'];
    const { call } = await graphOf(graph(unit('u', { methods }, unit('a', MODEL), unit('b', MODEL))));
    const { answer, asked } = await call({ strData: 'x', meta: { tags: { to: 1 } } });
    expect(asked).toBe('u transform-input, u route, b predict, u aggregate, u transform-output');
    expect(answer).toMatchObject({ strData: 'x>=<', meta: { routing: { u: 1 } } });
  });

  it.each([
    [0, 'a predict', 'x=', 0],
    [1, 'b predict', 'x=', 1],
    [-1, 'a predict, b predict', 'x=', -1],
    [-2, '', 'x', -2],
  ])('goes where a router says: %d', async (to, behind, strData, route) => {
    const { call } = await graphOf(graph(RUN_TWO));
    const { answer, asked } = await call({ strData: 'x', meta: { tags: { to } } });
    expect(asked).toBe(['r route', ...(behind === '' ? [] : [behind])].join(', '));
    expect(answer).toMatchObject({ strData, meta: { routing: { r: route } } });
  });

  it.each([2, -3])('goes to no child that there is not: %d', async (to) => {
    const { answer } = await (await graphOf(graph(RUN_TWO))).call({ strData: 'x', meta: { tags: { to } } });
    expect(answer).toMatchObject({ status: 500, message: expect.stringContaining(`Unit "r": routed to child ${to}`) });
  });

  it('goes to all children of a router that says nothing', async () => {
    const { answer } = await (await graphOf(graph(RUN_TWO, { r: 'wild' }))).call({ strData: 'x' });
    expect(answer).toMatchObject({ strData: 'x=', meta: { routing: { r: -1 } } });
  });

  it('tells the way of every unit where the graph says so', async () => {
    const svcOrchSpec = { env: [{ name: 'SELDON_ENABLE_ROUTING_INJECTION', value: '1' }] };
    const { components, ...root } = graph(RUN_TWO);
    const { answer } = await (await graphOf({ graph: root, components, svcOrchSpec })).call({ strData: 'x' });
    expect(answer).toMatchObject({ meta: { routing: { r: 0, a: -1 } } });
  });
});

describe('a unit that fails', () => {
  it('is named', async () => {
    const { call, metrics } = await graphOf(graph(unit('a', MODEL)));
    expect((await call({ strData: 'fail' })).answer).toMatchObject({ status: 422, message: 'Unit "a": it had enough' });
    expect(metrics.at(-1)).toMatchObject({
      name: 'graph_node_seconds',
      dimensions: { node: 'a', outcome: 'failed' },
    });
  });

  it('may say so in its answer, which ends the graph', async () => {
    const failing = graph(unit('a', { type: 'TRANSFORMER' }, unit('b', MODEL)), { a: 'wild' });
    expect(await (await graphOf(failing)).call({ strData: 'x' })).toEqual({
      answer: { status: { status: 'FAILURE', info: 'wild' } },
      status: 500,
      asked: 'a transform-input',
    });
    const odd = graph(unit('a', MODEL, unit('b', MODEL)), { a: 'wild' });
    expect(await (await graphOf(odd)).call({ strData: 'x' })).toMatchObject({ status: 202, asked: 'a predict' });
  });

  it('is none where what came is no message', async () => {
    const { call } = await graphOf(graph(unit('a', MODEL)));
    expect((await call([1])).answer).toMatchObject({ status: 400, message: expect.not.stringContaining('Unit') });
    expect((await call({ strData: 'x' }, 'aggregate')).answer).toMatchObject({ status: 501 });
  });
});

describe('a feedback', () => {
  const request = { strData: 'x' };
  it('goes the way that the answer tells, children first', async () => {
    const tree = unit(
      'r',
      ROUTER,
      unit('a', MODEL),
      unit('t', { type: 'TRANSFORMER' }, unit('b', MODEL), unit('c', MODEL)),
    );
    const { call } = await graphOf(graph(tree));
    const feedback = (routing: object) =>
      call({ request, response: { meta: { routing } }, reward: 1 }, 'send-feedback');
    expect(await feedback({ r: 0 })).toMatchObject({
      asked: 'a send-feedback, r send-feedback',
      answer: { jsonData: { reward: 1, routing: 0 } },
    });
    expect((await feedback({ r: 1, t: 1 })).asked).toBe('c send-feedback, r send-feedback');
    expect((await feedback({ r: -2 })).asked).toBe('r send-feedback');
    expect((await feedback({})).asked).toBe('a send-feedback, b send-feedback, c send-feedback, r send-feedback');
    expect((await feedback({ r: 2 })).answer).toMatchObject({ status: 400 });
  });

  it('that nobody takes is taken all the same', async () => {
    const { call } = await graphOf(graph(unit('t', { type: 'TRANSFORMER' })));
    expect(await call({ request }, 'send-feedback')).toMatchObject({ asked: '', answer: { data: { ndarray: [] } } });
    expect((await call('x', 'send-feedback')).answer).toMatchObject({ status: 400 });
  });
});

describe('a unit that comes with the server', () => {
  it('SIMPLE_MODEL answers the same to all data, and texts and bytes with themselves', async () => {
    const { call, metrics } = await graphOf(unit('m', { implementation: 'SIMPLE_MODEL' }));
    const { answer } = await call({ data: { ndarray: [[1]] }, meta: { tags: { a: 1 } } });
    expect(answer).toEqual({
      status: { status: 'SUCCESS' },
      data: { names: ['class0', 'class1', 'class2'], tensor: { shape: [1, 3], values: [0.1, 0.9, 0.5] } },
      meta: {
        tags: { a: 1 },
        metrics: [
          { key: 'mymetric_counter', type: 'COUNTER', value: 1 },
          { key: 'mymetric_gauge', type: 'GAUGE', value: 100 },
          { key: 'mymetric_timer', type: 'TIMER', value: 22.1 },
        ],
      },
    });
    expect(metrics.map(({ name }) => name)).toContain('mymetric_gauge');
    expect((await call({ strData: 'x' })).answer).toMatchObject({ strData: 'x' });
    expect((await call({ binData: 'eA==' })).answer).toMatchObject({ binData: 'eA==' });
  });

  it('SIMPLE_ROUTER takes the first child', async () => {
    const { call } = await graphOf(
      graph(unit('r', { implementation: 'SIMPLE_ROUTER' }, unit('a', MODEL), unit('b', MODEL))),
    );
    expect(await call({ strData: 'x' })).toMatchObject({ asked: 'a predict', answer: { meta: { routing: { r: 0 } } } });
  });

  it('RANDOM_ABTEST takes the first child as often as ratioA says', async () => {
    const abTest = (value: string) => ({
      implementation: 'RANDOM_ABTEST',
      parameters: [{ name: 'ratioA', value, type: 'FLOAT' }],
    });
    const routes = async (ratioA: string, count: number) => {
      const { call } = await graphOf(graph(unit('r', abTest(ratioA), unit('a', MODEL), unit('b', MODEL))));
      const taken: string[] = [];
      for (let request = 0; request < count; request += 1) taken.push((await call({ strData: 'x' })).asked.slice(0, 1));
      return taken;
    };
    // Of java.util.Random with the seed 1337, as in the engine's tests.
    expect(await routes('0.5', 3)).toEqual(['b', 'a', 'b']);
    expect(new Set(await routes('0', 20))).toEqual(new Set(['b']));
    expect(new Set(await routes('1', 20))).toEqual(new Set(['a']));
    const many = await routes('0.2', 500);
    expect(many.filter((each) => each === 'a').length / many.length).toBeCloseTo(0.2, 1);
  });

  it('AVERAGE_COMBINER gives the mean in the form of its first child', async () => {
    const { AverageCombiner } = await import('./average-combiner.ts');
    const combiner = new AverageCombiner();
    const tensor = (...values: number[]) => ({ data: { names: ['c', 'd'], tensor: { shape: [1, 2], values } } });
    const answer = combiner.aggregateRaw([tensor(1, 1), { data: { ndarray: [[1, 0.5]] } }, tensor(2.2, 0.9)]);
    expect(answer.data).toEqual({
      names: ['c', 'd'],
      tensor: { shape: [1, 2], values: [(1 + 1 + 2.2) / 3, (1 + 0.5 + 0.9) / 3] },
    });
    const refused =
      (...messages: readonly object[]) =>
      () =>
        combiner.aggregateRaw(messages);
    expect(refused({ strData: 'x' })).toThrow('Combiner cannot extract data shape');
    expect(refused({ data: { ndarray: [1, 2] } })).toThrow('not 2 dimensional');
    expect(
      refused(tensor(1, 2), {
        data: {
          ndarray: [
            [1, 2],
            [3, 4],
          ],
        },
      }),
    ).toThrow('Expected batch length 1 but found 2');
    expect(refused(tensor(1, 2), { data: { ndarray: [[1]] } })).toThrow('Expected 2 columns but found 1');
  });
});
