/** What is asked of the units of a graph, and what is said of a message on its way. */
import { describe, expect, it } from 'vitest';
import { graph, graphOf, Made, unit } from '../../test-support/seldon-graphs.ts';

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

describe('a unit with parameters', () => {
  const made = (name: string, value?: string, parameter = 'x') =>
    unit(name, { ...MODEL, ...(value && { parameters: [{ name: parameter, value, type: 'INT' }] }) });
  it('is a component made with them, over those of the model; other units have others', async () => {
    Made.count = 0;
    const routed = unit('r', ROUTER, made('a'), made('b', '1'), made('c', '2'), made('d', '3', 'fail'));
    const { call } = await graphOf(graph(routed, { a: 'made', b: 'made', c: 'made', d: 'made' }));
    const ask = async (to: number) => (await call({ strData: 'x', meta: { tags: { to } } })).answer;
    for (let round = 0; round < 2; round += 1) {
      expect(await ask(0)).toMatchObject({ jsonData: { own: 1, nth: 1 } });
      expect(await ask(1)).toMatchObject({ jsonData: { own: 1, x: 1, nth: 2 } });
      expect(await ask(2)).toMatchObject({ jsonData: { own: 1, x: 2, nth: 3 } });
      expect(await ask(3)).toMatchObject({ message: 'Unit "d": no parameter is called fail' });
    }
  });

  it('is one of so many in a worker', async () => {
    const many = Array.from({ length: 33 }, (_, index) => made(`u${index}`, '1'));
    const models = Object.fromEntries(many.map(({ name }) => [name, 'made']));
    const { call } = await graphOf(graph(unit('r', ROUTER, ...many), models));
    const answers = await Promise.all(
      many.map(async (_, to) => (await call({ strData: 'x', meta: { tags: { to } } })).answer),
    );
    const refused = answers.filter((answer) => answer instanceof Error);
    expect(refused).toMatchObject([{ status: 503, message: expect.stringContaining('32 units with parameters') }]);
  });
});

describe('a unit that fails', () => {
  it('is named', async () => {
    const { call, metrics } = await graphOf(graph(unit('a', MODEL)));
    expect((await call({ strData: 'fail' })).answer).toMatchObject({ status: 422, message: 'Unit "a": it had enough' });
    expect(metrics.find(({ name }) => name === 'graph_node_seconds')).toMatchObject({
      dimensions: { node: 'a', outcome: 'failed' },
    });
  });

  it('ends the questions beside it', async () => {
    const combined = unit('c', { type: 'COMBINER' }, unit('a', MODEL), unit('b', MODEL));
    const { call, signals } = await graphOf(graph(combined, { a: 'wild' }));
    await call({ strData: 'x' });
    expect(signals.get('b')?.aborted).toBe(true);
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
