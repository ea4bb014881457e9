import { expect, it } from 'vitest';
import { PredictionError } from '../prediction-error.ts';
import type { PredictorCall } from '../transformer/predictor.ts';
import type { GraphNode } from './graph-node.ts';
import { GraphTrace } from './graph-trace.ts';
import { readGraph } from './read-graph.ts';
import { runStep, type GraphRun } from './run-step.ts';
import { nodesOf } from './step.ts';

/** Runs a graph whose nodes `bad…` fail as soon as all are asked, and whose others answer never; tells which were given up. */
async function run(graph: unknown, signal?: AbortSignal) {
  const step = readGraph(graph);
  const calls = new Map<string, PredictorCall>();
  const fail: (() => void)[] = [];
  const node = (name: string): GraphNode => ({
    ask: (_, call) =>
      new Promise((resolve, reject) => {
        calls.set(name, call);
        if (name.startsWith('bad')) fail.push(() => reject(new PredictionError('no', 400)));
        if (name.startsWith('quick')) resolve({ instances: [name] });
      }),
    problem: () => Promise.resolve(undefined),
  });
  const metrics = { addCounter() {}, addHistogram() {} } as never;
  const given: GraphRun = {
    nodes: new Map(nodesOf(step).map((each) => [each, node(each.name)])),
    combiners: new Map(),
    routers: new Map(),
    request: { requestId: 'r', headers: {} },
    call: { signal },
    endsAt: Infinity,
    trace: new GraphTrace({ names: new Map(), metrics }),
    onRoute() {},
  };
  const answer = runStep(step, { instances: [1] }, given).catch((error: unknown) => (error as Error).message);
  await new Promise(setImmediate);
  for (const each of fail) each();
  const outcome = await Promise.race([answer, new Promise((resolve) => setImmediate(resolve, 'none yet'))]);
  const givenUp = [...calls].filter(([, call]) => call.signal?.aborted).map(([name]) => name);
  return { outcome, givenUp };
}

it('gives up what runs beside a step that fails, however deep', async () => {
  const deep = { sequence: ['quick', { parallel: ['b', 'quick-c'] }] };
  expect(await run({ parallel: { bad: 'bad', deep, a: 'a' } })).toEqual({
    outcome: 'Node "bad": no',
    givenUp: ['bad', 'quick', 'a', 'b', 'quick-c'],
  });
});

it('gives up nothing beside a soft one, or one with a fallback', async () => {
  const soft = { model: 'bad', dependency: 'soft' };
  expect(await run({ parallel: { soft, a: 'a', other: { model: 'bad-2', fallback: 'quick' } } })).toEqual({
    outcome: 'none yet',
    givenUp: [],
  });
  const fallen = { parallel: ['bad', 'b'], fallback: 'quick' };
  expect(await run({ parallel: { fallen, a: 'a' } })).toEqual({ outcome: 'none yet', givenUp: ['bad', 'b'] });
});

it('gives up all when the client goes', async () => {
  const leaving = new AbortController();
  leaving.abort();
  expect((await run({ parallel: ['a', { sequence: ['b'] }] }, leaving.signal)).givenUp).toEqual(['a', 'b']);
});
