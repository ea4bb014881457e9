import { describe, expect, it } from 'vitest';
import type { LocalModelFacts, ModelQuestion } from '../context/ask-model.ts';
import { createBatchContext, createModelContext, type MetricSample } from '../context/context.ts';
import type { Row } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { Workflow } from './workflow.ts';

type Model = (row: Row, question: ModelQuestion) => unknown;

interface Options {
  readonly models?: Readonly<Record<string, Model>>;
  readonly handler?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly facts?: LocalModelFacts;
}

/** Runs a workflow for rows that arrive together. @param named nodes by their names */
async function run(named: object | undefined, rows: readonly Row[], options: Options = {}) {
  const { models = {}, handler, headers = {}, facts = {} } = options;
  const modelDir = await modelFolder(handler === undefined ? {} : { 'own.mjs': handler });
  const metrics: MetricSample[] = [];
  let problem: string | undefined;
  const manifest = { runtime: 'node', model: { modelName: 'w', modelVersion: '1.0', handler: 'workflow' } };
  const nodes =
    named && Object.entries(named).map(([name, fields]) => (typeof fields === 'object' ? { name, ...fields } : fields));
  const workflow = { nodes, ...(handler !== undefined && { handler: 'own.mjs' }) };
  const context = createModelContext(
    { manifest, modelDir, modelConfig: { workflow }, gpuId: -1, batchSize: 1, serverVersion: '0' },
    {
      onMetric: (sample) => metrics.push(sample),
      onLog() {},
      onReadiness: (told) => (problem = told),
      models: {
        responseTimeoutMs: Infinity,
        async ask(question) {
          const [row = {}] = (question.payload as { readonly rows: readonly Row[] }).rows;
          return { predictions: [await models[question.model.name]?.(row, question)] };
        },
        describe: () => Promise.resolve(facts),
      },
    },
  );
  const tested = new Workflow();
  await tested.initialize(context);
  const requests = rows.map((_, index) => ({ requestId: `r${index}`, headers: Object.entries(headers).flat() }));
  const { context: batch } = createBatchContext(context, requests);
  return { results: await tested.handle([...rows], batch), metrics, problem: () => problem };
}

/** Says what it got: fields as texts. */
const told =
  (name: string): Model =>
  (row) =>
    `${name}(${Object.entries(row)
      .map(
        ([field, value]) =>
          `${field}=${value instanceof Uint8Array ? 'bytes ' + Buffer.from(value).toString() : String(value)}`,
      )
      .join(' ')})`;

const ALL = { a: told('a'), b: told('b'), c: told('c'), d: told('d') };

describe('the nodes of a workflow', () => {
  it('get the request, the bytes of their only parent as body, and those of several by their names', async () => {
    const nodes = {
      a: { model: 'a' },
      b: { model: 'b', parents: ['a'] },
      c: { model: 'c', parents: ['a'] },
      d: { model: 'd', parents: ['c', 'b'] },
    };
    const { results } = await run(nodes, [{ body: 'x', more: 1 }, { body: 'y' }], { models: ALL });
    const ofA = 'a(body=x more=1)';
    const expected = `d(c=bytes c(body=bytes ${ofA}) b=bytes b(body=bytes ${ofA}))`;
    expect(results).toEqual([expected, expected.replaceAll(ofA, 'a(body=y)')]);
  });

  it('pass JSON on as its text, and bytes as they are', async () => {
    const models = {
      a: () => ({ n: [1, 2n ** 60n] }),
      b: ({ body }: Row) => Buffer.concat([body as Buffer, Buffer.from([255])]),
    };
    const nodes = { a: { model: 'a' }, b: { model: 'b', parents: ['a'] } };
    const { results } = await run(nodes, [{ body: null }], { models });
    expect(results).toEqual([Buffer.concat([Buffer.from('{"n":[1,1152921504606846976]}'), Buffer.from([255])])]);
  });

  it('answer by their names where there are several leaves: JSON as such, other texts as texts', async () => {
    const models = { a: () => 'x', b: () => Buffer.from('{"p":1}'), c: () => [1], d: () => 'no JSON' };
    const leaf = (model: string) => ({ model, parents: ['a'] });
    const nodes = { a: { model: 'a' }, d: leaf('d'), b: leaf('b'), c: leaf('c') };
    expect((await run(nodes, [{ body: 1 }], { models })).results).toEqual([{ d: 'no JSON', b: { p: 1 }, c: [1] }]);
    const binary = await run(nodes, [{ body: 1 }], { models: { ...models, b: () => Buffer.from([255]) } });
    expect(binary.results).toMatchObject([{ message: 'Error executing b: expected JSON or a text, since there are several leaves, but it gave other bytes', status: 500 }]); // prettier-ignore
  });

  it('see the headers of the request, but what it says of its own body only at the start', async () => {
    const seen: unknown[] = [];
    const models = {
      a: (_: Row, { headers }: ModelQuestion) => seen.push(headers),
      b: (_: Row, { headers }: ModelQuestion) => seen.push(headers),
    };
    const headers = { 'Content-Type': 'text/plain', 'X-Own': '1' };
    await run({ a: { model: 'a' }, b: { model: 'b', parents: ['a'] } }, [{ body: '' }], { models, headers });
    expect(seen).toEqual([{ 'content-type': 'text/plain', 'x-own': '1' }, { 'x-own': '1' }]);
  });

  it('are named in metrics, with their ways and times', async () => {
    const { metrics } = await run({ a: { model: 'a' }, b: { model: 'b', parents: ['a'] } }, [{ body: 1 }], {
      models: ALL,
    });
    const ways = metrics.filter(({ name }) => name === 'graph_edge_requests_total');
    expect(ways.map(({ dimensions }) => dimensions)).toMatchObject([{ from: 'client', to: 'a' }, { from: 'a', to: 'b' }, { from: 'b', to: 'client' }]); // prettier-ignore
    expect(metrics.filter(({ name }) => name === 'graph_node_seconds').map(({ dimensions }) => dimensions)).toMatchObject([{ node: 'a', outcome: 'answered' }, { node: 'b', outcome: 'answered' }]); // prettier-ignore
  });

  it('are known not to be ready', async () => {
    const facts = { problem: 'Model "a" is not registered' };
    expect((await run({ a: { model: 'a' } }, [], { facts })).problem()).toBe('node "a": Model "a" is not registered');
    expect((await run({ a: { model: 'a' } }, [])).problem()).toBeUndefined();
  });
});

describe('functions of a workflow', () => {
  const nodes = { pre: {}, m: { model: 'm', parents: ['pre'] }, post: { parents: ['m'] } };

  it('get a list of one row, as in TorchServe, and its context', async () => {
    const handler = `export const pre = ([{ body }], context) => [context.getRequestId() + body];
      export async function post([{ body }], context) { return [[body.toString(), context.modelName]]; }`;
    const { results } = await run(nodes, [{ body: '-x' }, { body: '-y' }], { models: { m: told('m') }, handler });
    expect(results).toEqual([
      ['m(body=bytes r0-x)', 'w'],
      ['m(body=bytes r1-y)', 'w'],
    ]);
  });

  it.each([
    ['no list', '() => 1', 'Error executing pre: expected a list of one result, for the only row, but it gave 1', 500],
    ['two results', '() => [1, 2]', 'expected a list of one result, for the only row, but it gave an array of 2', 500],
    ['an Error', '() => [new Error("odd")]', 'Error executing pre: odd', 500],
    ['a throw', '() => { throw new TypeError("bad") }', 'Error executing pre: bad', 500],
    [
      'a throw with a status',
      '() => { throw Object.assign(new Error("no"), { name: "PredictionError", status: 422 }) }',
      'Error executing pre: no',
      422,
    ],
    ['no end', '() => new Promise(() => {})', 'Error executing pre: its time is over', 504],
  ])('fail with their name: %s', async (_, source, message, status) => {
    const handler = `export const pre = ${source};`;
    const { results } = await run({ pre: { timeout_ms: 20, retries: 0 } }, [{ body: 1 }], { handler });
    const [error] = results as [PredictionError];
    expect(error.message).toContain(message);
    expect(error.status).toBe(status);
  });

  it('keep the workflow from starting where there are none of the name', async () => {
    await expect(
      run({ pre: {} }, [], { handler: 'export const other = () => {}; export const x = 1;' }),
    ).rejects.toThrow('own.mjs has no function pre, which the workflow names; it exports the functions other');
    await expect(run({ pre: {} }, [])).rejects.toThrow(
      'workflow: the node pre is a function, and workflow.handler does not say whose',
    );
  });
});

describe('a node that fails', () => {
  const failing = (times: number, status = 400) => {
    let calls = 0;
    const model: Model = () => {
      calls += 1;
      if (calls <= times) throw new PredictionError(`no ${calls}`, status);
      return `answer ${calls}`;
    };
    return { model, calls: () => calls };
  };

  it('is asked again as often as it may, whatever the failure, and then fails the request with its status', async () => {
    const once = failing(1);
    expect((await run({ a: { model: 'a' } }, [{ body: 1 }], { models: { a: once.model } })).results).toEqual([
      'answer 2',
    ]);
    const ever = failing(Infinity);
    const { results, metrics } = await run({ a: { model: 'a', retries: 3 } }, [{ body: 1 }], {
      models: { a: ever.model },
    });
    expect(results).toMatchObject([{ message: 'Error executing a: no 4', status: 400 }]);
    expect([ever.calls(), metrics.find(({ name }) => name === 'graph_retries_total')?.value]).toEqual([4, 3]);
  });

  it('ends those beside it, starts none behind it, and leaves other requests alone', async () => {
    const asked: string[] = [];
    const signals: (AbortSignal | undefined)[] = [];
    const models = {
      a: ({ body }: Row) => body,
      slow: ({ body }: Row, { signal }: ModelQuestion) => {
        signals.push(signal);
        return Buffer.from(body as Buffer).toString() === 'bad' ? new Promise(() => {}) : 'slow';
      },
      bad: ({ body }: Row) => {
        if (Buffer.from(body as Buffer).toString() === 'bad') throw new PredictionError('gone', 503);
        return 'good';
      },
      last: (row: Row) => asked.push(Object.keys(row).join()),
    };
    const nodes = {
      a: { model: 'a' },
      slow: { model: 'slow', parents: ['a'] },
      bad: { model: 'bad', parents: ['a'], retries: 0 },
      last: { model: 'last', parents: ['slow', 'bad'] },
    };
    const { results } = await run(nodes, [{ body: 'bad' }, { body: 'fine' }], { models });
    expect(results).toMatchObject([{ message: 'Error executing bad: gone', status: 503 }, 1]);
    expect(asked).toEqual(['slow,bad']);
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, false]);
  });

  it('is given its own time for each attempt', async () => {
    const times: (number | undefined)[] = [];
    const a: Model = (_, { timeoutMs }) => {
      times.push(timeoutMs);
      throw new PredictionError('late', 504);
    };
    await run({ a: { model: 'a', timeout_ms: 250 } }, [{ body: 1 }], { models: { a } });
    expect(times).toEqual([250, 250]);
  });
});

describe('what is no workflow', () => {
  const unordered = { a: { model: 'a' }, b: { model: 'b', parents: ['c'] }, c: { model: 'c', parents: ['b'] } };

  it.each([
    [undefined, 'workflow.nodes must be a list'],
    [{}, 'workflow.nodes must be a list'],
    [{ a: 1 }, 'workflow.nodes[0] must be an object with name, model, parents, timeout_ms, retries'],
    [{ a: { model: 'a', timeout: 1 } }, 'unknown key workflow.nodes[0].timeout; known are name, model, parents'],
    [{ a: { model: 'a', retries: -1 } }, 'workflow.nodes[0].retries must be an integer from 0 to 100'],
    [
      { a: { model: 'a' }, b: { model: 'b' } },
      'expected the first node, and no other, without parents, came b at place 2',
    ],
    [
      { a: { model: 'a', parents: ['b'] } },
      'expected the first node, and no other, without parents, came a at place 1',
    ],
    [unordered, 'workflow: the node b does not come after its parent c'],
  ])('is refused with its place: %j', async (nodes, message) => {
    await expect(run(nodes, [])).rejects.toThrow(message);
  });
});
