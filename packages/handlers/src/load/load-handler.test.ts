import { describe, expect, it } from 'vitest';
import { createBatchContext, createModelContext } from '../context/context.ts';
import type { ModelContext } from '../handler.ts';
import { HandlerError, loadHandler, type LoadedHandler } from './load-handler.ts';
import { modelFolder } from '../test-support/model-folder.ts';

const manifest = { runtime: 'node', model: { modelName: 'm', modelVersion: '1.0', handler: 'h' } };

function modelContext(): ModelContext {
  const facts = { manifest, modelDir: '/', modelConfig: {}, gpuId: -1, batchSize: 1, serverVersion: '0' };
  return createModelContext(facts, { onMetric: () => {}, onLog: () => {} });
}

async function load(source: string, handler = 'handler.mjs'): Promise<LoadedHandler> {
  const file = handler.replace(/:\w+$/, '');
  return loadHandler({ modelDir: await modelFolder({ [file]: source }), handler });
}

async function run(loaded: LoadedHandler, rows: unknown[], operation: 'predict' | 'explain' = 'predict') {
  const model = modelContext();
  await loaded.initialize(model);
  const requests = rows.map((_, row) => ({ requestId: String(row), headers: [] }));
  return loaded.run(
    operation,
    rows.map((body) => ({ body })),
    createBatchContext(model, requests).context,
  );
}

const DOUBLE = 'handle(data) { return data.map(({ body }) => body * 2); }';

describe('the tensors that a handler declares', () => {
  const declared = async (source: string) => {
    const loaded = await load(source);
    return loaded.getSignature(modelContext());
  };
  const SPEC = `{ name: 'text', type: 'string', shape: [-1, 'words'] }`;

  it.each([
    ['a class', `export default class { ${DOUBLE} getSignature() { return { inputs: [${SPEC}] }; } }`],
    [
      'a module',
      `export function handle() {} export async function getSignature() { return { inputs: [${SPEC}], outputs: [] }; }`,
    ],
  ])('are those of %s', async (_, source) => {
    expect(await declared(source)).toEqual({
      inputs: [{ name: 'text', type: 'string', shape: [-1, 'words'] }],
      outputs: [],
    });
  });

  it('are left open without a declaration', async () => {
    expect(await declared(`export default class { ${DOUBLE} }`)).toEqual({ inputs: [], outputs: [] });
  });

  it.each([
    [`{ inputs: {} }`, 'expected a list as inputs, got {}'],
    [`{ outputs: [{ name: 'a', type: 'FP32', shape: [] }] }`, 'as outputs[0].type, got "FP32"'],
    [`{ inputs: [{ name: '', type: 'bool', shape: [] }] }`, 'expected a name as inputs[0].name, got ""'],
    [`{ inputs: [{ name: 'a', type: 'bool', shape: [1.5] }] }`, 'as inputs[0].shape, got [1.5]'],
    [`{ inputs: [${SPEC}, ${SPEC}] }`, 'expected names that differ as inputs, got "text"'],
  ])('are refused as %s', async (given, message) => {
    const refused = declared(`export default class { ${DOUBLE} getSignature() { return ${given}; } }`);
    await expect(refused).rejects.toThrow(message);
  });
});

describe('a module is resolved to', () => {
  it.each([
    [
      'the function that was named',
      'handler.mjs:other',
      `export function handle() {} export function other(data) { return data && data.map(() => 'other'); }`,
      'other',
    ],
    [
      'the function handle',
      'handler.mjs',
      `export function handle(data) { return data && data.map(() => 'handle'); } export class X { handle() {} }`,
      'handle',
    ],
    [
      'a constant that is a function',
      'handler.mjs',
      `export const handle = async (data) => data && data.map(() => 'arrow');`,
      'arrow',
    ],
    [
      'the default class',
      'handler.mjs',
      `export class Other { handle() {} } export default class { handle(data) { return data.map(() => 'default'); } }`,
      'default',
    ],
    ['the default function', 'handler.mjs', `export default (data) => data && data.map(() => 'default');`, 'default'],
    [
      'the only class that handles',
      'handler.mjs',
      `export class Helper {} export const x = 1; export class A { handle(data) { return data.map(() => 'A'); } }`,
      'A',
    ],
    [
      'a class that was named',
      'handler.mjs:B',
      `export class A { handle() {} } export class B { handle(data) { return data.map(() => 'B'); } }`,
      'B',
    ],
    [
      'a class that inherits handle',
      'handler.mjs',
      `class A { handle(data) { return data.map(() => 'inherited'); } } export class B extends A {}`,
      'inherited',
    ],
    [
      'the class of a CommonJS module',
      'handler.cjs',
      `module.exports = class { handle(data) { return data.map(() => 'cjs'); } };`,
      'cjs',
    ],
    [
      'the handle of a CommonJS module',
      'handler.cjs',
      `module.exports = { handle: (data) => data && data.map(() => 'cjs') };`,
      'cjs',
    ],
    [
      'a default object, by its methods',
      'handler.mjs',
      `class A { word = 'object'; handle(data) { return data && data.map(() => this.word); } } export default new A();`,
      'object',
    ],
  ])('%s', async (_, handler, source, expected) => {
    expect(await run(await load(source, handler), [1])).toEqual([expected]);
  });
});

it('a handler may be named without its extension', async () => {
  const modelDir = await modelFolder({ 'handler.mjs': `export default class { ${DOUBLE} }` });
  expect(await run(await loadHandler({ modelDir, handler: 'handler' }), [2])).toEqual([4]);
});

describe('a module is refused', () => {
  it.each([
    [
      'that exports nothing',
      'handler.mjs',
      '',
      'handler.mjs exports nothing; expected a function "handle", or exactly one class',
    ],
    [
      'that has two classes',
      'handler.mjs',
      'export class A { handle() {} } export class B { handle() {} }',
      'exports A (class with handle), B (class with handle); expected',
    ],
    [
      'whose class has no handle',
      'handler.mjs',
      'export class A {} export const n = 1;',
      'exports A (class without handle), n (number); expected',
    ],
    [
      'that lacks the function that was named',
      'handler.mjs:nope',
      'export function handle() {}',
      'handler.mjs exports handle (function); expected a function "nope"',
    ],
  ])('%s', async (_, handler, source, message) => {
    await expect(load(source, handler)).rejects.toThrow(HandlerError);
    await expect(load(source, handler)).rejects.toThrow(message);
  });

  it.each([
    ['that is not there', 'nothing.mjs', 'There is no handler nothing.mjs: looked for nothing.mjs in'],
    ['that is TypeScript', 'handler.ts', 'package it with model-archiver, which compiles it'],
    ['that is Python', 'handler.py', 'this runtime runs JavaScript'],
    ['outside the folder', '../handler.mjs', 'The handler ../handler.mjs is outside'],
    [
      'of an unknown name',
      'object_detector',
      'built in are base_handler, base_transformer, graph, image_classifier, seldon_graph, tabular_classifier, vector_search',
    ],
  ])('%s', async (_, handler, message) => {
    const modelDir = await modelFolder({ 'handler.ts': '', 'handler.py': '' });
    await expect(loadHandler({ modelDir, handler })).rejects.toThrow(message);
  });

  it('with its own error when it throws on import', async () => {
    await expect(load(`throw new Error('at import');`)).rejects.toThrow('at import');
  });
});

describe('a loaded handler', () => {
  it('of the function style is called once with null, and then with batches', async () => {
    const source = `const calls = []; export function handle(data, context) { calls.push(data === null ? 'null:' + context.modelName : data.length); return data && data.map(() => calls); }`;
    expect(await run(await load(source), [1])).toEqual([['null:m', 1]]);
  });

  it("of the function style uses the module's initialize instead, when it exports one", async () => {
    const source = `let word; export async function initialize(context) { word = context.modelName; } export function handle(data) { return data.map(() => word); }`;
    expect(await run(await load(source), [1])).toEqual(['m']);
  });

  it('of the class style keeps its state', async () => {
    const source = `export default class { initialize(c) { this.name = c.modelName; } handle(data) { return data.map(() => this.name); } explain(data) { return data.map(() => 'why'); } describe() { return { a: 1 }; } }`;
    const loaded = await load(source);
    expect(await run(loaded, [1, 2])).toEqual(['m', 'm']);
    expect(await run(loaded, [1], 'explain')).toEqual(['why']);
    expect([loaded.style, loaded.canExplain, loaded.describe(modelContext())]).toEqual(['class', true, { a: 1 }]);
  });

  it('that cannot explain says so with status 501', async () => {
    const loaded = await load(`export default class { ${DOUBLE} }`);
    expect([loaded.canExplain, loaded.describe(modelContext())]).toEqual([false, null]);
    await expect(run(loaded, [1], 'explain')).rejects.toMatchObject({ name: 'PredictionError', status: 501 });
  });

  it.each([
    ['[1, 2, 3]', 'handler returned 3 results for a batch of 2 rows'],
    ['[1]', 'handler returned 1 result for a batch of 2 rows'],
    ['undefined', 'handler returned undefined for a batch of 2 rows; expected an array'],
    ['({})', 'handler returned an object for a batch of 2 rows; expected an array'],
    ['"ab"', 'handler returned a string for a batch of 2 rows; expected an array'],
  ])('that returns %s for two rows is at fault', async (result, message) => {
    const loaded = await load(`export default class { handle() { return ${result}; } }`);
    await expect(run(loaded, [1, 2])).rejects.toThrow(HandlerError);
    await expect(run(loaded, [1, 2])).rejects.toThrow(message);
  });

  it('may throw, synchronously or not', async () => {
    for (const prefix of ['', 'async ']) {
      const loaded = await load(`export default class { ${prefix}handle() { throw new TypeError('mine'); } }`);
      await expect(run(loaded, [1])).rejects.toThrow(TypeError);
    }
  });
});
