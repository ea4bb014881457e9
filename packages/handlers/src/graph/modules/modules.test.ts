import { describe, expect, it } from 'vitest';
import { createTensor } from '../../tensor/tensor.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler } from '../../testing.ts';

/** Runs rows through a graph whose modules are these files. */
async function run(graph: unknown, modules: Readonly<Record<string, string>>, rows: readonly unknown[] = [1]) {
  const modelDir = await modelFolder(modules);
  return testHandler({ modelDir, handler: 'graph' }, rows, { modelConfig: { graph }, headers: { 'X-Who': 'me' } });
}

async function answer(graph: unknown, modules: Readonly<Record<string, string>>, rows: readonly unknown[] = [1]) {
  return (await run(graph, modules, rows)).results;
}

const TWICE = 'export const transform = ({ instances }) => instances.map((each) => each * 2);';

describe('a step of one’s own', () => {
  it.each([
    ['the export transform', TWICE],
    [
      'the default export',
      'export default async ({ instances }) => ({ instances: instances.map((each) => each * 2) });',
    ],
    ['predictions', 'export const transform = ({ instances: [each] }) => ({ predictions: [each * 2] });'],
    ['a default object', 'export default { transform: ({ instances }) => instances.map((each) => each * 2) };'],
  ])('gives the value for the next one: %s', async (_, source) => {
    const step = { handler: 'twice.ts' };
    expect(await answer({ sequence: [step, step] }, { 'twice.mjs': source }, [1, 2])).toEqual([4, 8]);
  });

  it('is a bundle, a plain file, CommonJS, or one function of several', async () => {
    const several =
      'export const inc = ({ instances: [x] }) => [x + 1]; export const dec = ({ instances: [x] }) => [x - 1];';
    const common = 'module.exports = ({ instances: [x] }) => [x * 10];';
    const sequence = [{ handler: './several.mts:inc' }, { handler: 'common.cjs' }, { handler: 'several.mts:dec' }];
    expect(await answer({ sequence }, { 'several.mjs': several, 'common.cjs': common })).toEqual([19]);
  });

  it('is told its options, its name, the headers, and where its files are', async () => {
    const source =
      'export default (_, { signal, logger, modelDir, ...context }) => [{ ...context, files: typeof modelDir, left: signal.aborted }];';
    const graph = { handler: 'tell.ts', name: 'teller', options: { factor: 3 } };
    expect(await answer(graph, { 'tell.mjs': source })).toEqual([
      { name: 'teller', options: { factor: 3 }, headers: { 'x-who': 'me' }, files: 'string', left: false },
    ]);
  });

  it('gets tensors and gives them', async () => {
    const source = `export const transform = ({ inputs: { x } }) => ({ outputs: { y: { ...x, data: x.data.map((v) => v + 1) } } });`;
    const row = { x: createTensor('float32', [1, 2], [1, 2]) };
    const [result] = await answer({ handler: 'add.ts' }, { 'add.mjs': source }, [row]);
    expect(result).toEqual({ y: createTensor('float32', [1, 2], [2, 3]) });
  });

  it('is measured like a node', async () => {
    const { metrics } = await run({ handler: 'twice.ts' }, { 'twice.mjs': TWICE });
    const [metric] = metrics.filter(({ name }) => name === 'graph_node_seconds');
    expect(metric?.dimensions).toMatchObject({ node: 'twice', outcome: 'answered' });
  });
});

describe('a combiner of one’s own', () => {
  const modules = {
    'twice.mjs': TWICE,
    'fail.mjs': 'export default () => { throw new Error("no"); };',
    'best.mjs':
      'export const combine = (answers, { options }) => [Object.entries(answers).map(([name, { instances: [x] }]) => name + options.sign + x).join()];',
  };
  it('gets the answers by the names of their branches, without those that failed and are not missed', async () => {
    const parallel = {
      b: { handler: 'twice.ts' },
      a: { sequence: [{ handler: 'twice.ts' }, { handler: 'twice.ts' }] },
    };
    const combine = { handler: 'best.ts', options: { sign: '=' } };
    expect(await answer({ parallel, combine }, modules)).toEqual(['b=2,a=4']);
    const soft = { ...parallel, c: { handler: 'fail.ts', dependency: 'soft' } };
    expect(await answer({ parallel: soft, combine }, modules)).toEqual(['b=2,a=4']);
  });
});

describe('a module that fails', () => {
  it.each([
    ['throws', 'throw new TypeError("no good")', 'Node "bad": bad.ts: no good', 500],
    ['rejects', 'return Promise.reject(new Error("late"))', 'Node "bad": bad.ts: late', 500],
    ['throws no Error', 'throw "text"', 'Node "bad": bad.ts: text', 500],
    [
      'has a status',
      'throw Object.assign(new Error("odd"), { name: "PredictionError", status: 422 })',
      'Node "bad": bad.ts: odd',
      422,
    ],
    ['gives nothing', 'return undefined', 'expected a list, { instances } of a list, or { inputs } of tensors', 500],
    ['gives both', 'return { instances: [], inputs: {} }', 'expected a list', 500],
    ['gives a text', 'return "x"', 'but it gave "x"', 500],
    ['gives no tensors', 'return { inputs: { x: [1] } }', 'expected a tensor as "x", but it gave an array of 1', 500],
    ['never ends', 'return new Promise(() => {})', 'Node "bad": bad.ts: its time is over', 504],
  ])('is named, with its status: it %s', async (_, body, message, status) => {
    const graph = { handler: 'bad.ts', timeout_ms: 200 };
    const [error] = await answer(graph, { 'bad.mjs': `export const transform = () => { ${body}; };` });
    expect(error).toMatchObject({ message: expect.stringContaining(message) as string, status });
  });

  it('may have a fallback, a retry, and a log with its place', async () => {
    const modules = {
      'bad.mjs':
        'let calls = 0; export default ({ instances }) => { if (calls++ < 1) throw Object.assign(new Error("busy"), { name: "PredictionError", status: 503 }); return instances; };',
      'twice.mjs': TWICE,
      'worse.mjs': 'export default () => { throw new Error("worse"); };',
    };
    expect(await answer({ handler: 'bad.ts', retries: 1 }, modules)).toEqual([1]);
    const { results, logs } = await run({ handler: 'worse.ts', fallback: { handler: 'twice.ts' } }, modules);
    expect(results).toEqual([2]);
    expect(logs.map(({ message }) => message).join()).toMatch(/worse\.ts: Error: worse\n.*worse\.mjs:1/);
  });

  it('knows when nobody waits any more', async () => {
    const source = `export default (_, { signal, logger }) =>
      new Promise(() => signal.addEventListener('abort', () => logger.info('aborted: ' + signal.reason)));`;
    const { logs } = await run({ handler: 'slow.ts', timeout_ms: 20 }, { 'slow.mjs': source });
    expect(logs.map(({ message }) => message)).toContain('aborted: its time is over');
  });
});

describe('a module that cannot be had', () => {
  it.each([
    ['is not there', 'graph.sequence[0].handler: gone.mjs: There is no handler gone', { handler: 'gone.mjs' }, {}],
    [
      'throws at import',
      'graph.sequence[0].handler: a.ts: boom',
      { handler: 'a.ts' },
      { 'a.mjs': 'throw new Error("boom")' },
    ],
    [
      'exports nothing',
      'it exports nothing; expected a function "transform", or one as its default',
      { handler: 'a.ts' },
      { 'a.mjs': '' },
    ],
    [
      'exports a class',
      'it exports x (number), default (class); expected',
      { handler: 'a.ts' },
      { 'a.mjs': 'export const x = 1; export default class {}' },
    ],
    [
      'lacks the function',
      'expected a function "scale"',
      { handler: 'a.ts:scale' },
      { 'a.mjs': 'export default () => {}' },
    ],
  ])('keeps the graph from starting, with its place: it %s', async (_, message, step, modules) => {
    await expect(run({ sequence: [step] }, modules)).rejects.toThrow(message);
  });

  it.each([
    ['../scale.ts', "a file in the folder of the graph's file, or below it"],
    ['a/../../scale.ts', "a file in the folder of the graph's file, or below it"],
    ['/etc/scale.ts', "a file in the folder of the graph's file, or below it"],
    ['a\\scale.ts', "a file in the folder of the graph's file, or below it"],
    ['scale.py', 'a .ts, .js, .mjs or .cjs file'],
    ['scale', 'a .ts, .js, .mjs or .cjs file'],
    ['', 'a text'],
    [1, 'a text'],
  ])('is refused by its name: %j', async (handler, expected) => {
    await expect(run({ handler }, {})).rejects.toThrow(`Model config: graph.handler must be ${expected}`);
    const graph = { parallel: ['a'], combine: { handler } };
    await expect(run(graph, {})).rejects.toThrow(`Model config: graph.combine.handler must be ${expected}`);
  });

  it('is refused with keys that it does not have', async () => {
    const unknown = 'Model config: unknown key graph.combine.name; known are handler, options';
    await expect(run({ parallel: ['a'], combine: { handler: 'a.ts', name: 'x' } }, {})).rejects.toThrow(unknown);
    await expect(run({ handler: 'a.ts', options: [1] }, {})).rejects.toThrow('graph.options must be names and values');
  });
});
