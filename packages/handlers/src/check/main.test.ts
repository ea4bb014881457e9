import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { identityModel, matMulModel, weightBytes } from '../../../../test/fixtures/onnx-models.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import type { CheckReply, CheckRequest } from './messages.ts';

const SCRIPT = createRequire(import.meta.url).resolve('@marserve/handlers/check');

/** Asks the built check process, as the archiver does. */
async function check(request: CheckRequest): Promise<CheckReply> {
  const child = fork(SCRIPT, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.send(request);
  const [reply] = (await once(child, 'message')) as [CheckReply];
  return reply;
}

describe('the check of a model', () => {
  it('tells its signature and the files that hold its weights', async () => {
    const weights = [[1], [2]];
    const folder = await modelFolder({
      'm.onnx': matMulModel({ weights, external: 'w.bin' }),
      'w.bin': weightBytes(weights),
    });
    expect(await check({ kind: 'model', path: join(folder, 'm.onnx') })).toEqual({
      ok: true,
      signature: {
        inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2] }],
        outputs: [{ name: 'y', type: 'float32', shape: ['batch', 1] }],
      },
      externalData: ['w.bin'],
    });
  });

  it.each<[string, Buffer, string]>([
    ['garbage', Buffer.from('hello'), 'm.onnx is not an ONNX model, or it is damaged'],
    [
      'a model whose weights are missing',
      matMulModel({ weights: [[1], [2]], external: 'w.bin' }),
      'external data in w.bin',
    ],
    ['bfloat16', identityModel({ type: 'bfloat16' }), 'bfloat16'],
  ])('refuses %s', async (_, model, message) => {
    const folder = await modelFolder({ 'm.onnx': model });
    expect(await check({ kind: 'model', path: join(folder, 'm.onnx') })).toEqual({
      ok: false,
      error: { message: expect.stringContaining(message) as string },
    });
  });
});

describe('the check of a handler', () => {
  const checkHandler = async (source: string, handler = 'handler.mjs'): Promise<CheckReply> =>
    check({ kind: 'handler', modelDir: await modelFolder({ 'handler.mjs': source }), handler });

  it('tells what it exports, without running it', async () => {
    const loud = 'console.log("hello"); export default class Mine { initialize() { throw 1 } handle() {} }';
    expect(await checkHandler(loud)).toEqual({ ok: true, exports: 'class', name: 'Mine' });
    expect(await checkHandler('export function handle() {}')).toEqual({
      ok: true,
      exports: 'function',
      name: 'handle',
    });
    expect(await checkHandler('', 'base_handler')).toEqual({ ok: true, exports: 'class', name: 'BaseHandler' });
  });

  it.each([
    [
      'that does not parse, with the place',
      'const a = 1;\nexport function handle( {',
      /^handler\.mjs does not parse:\n.*handler\.mjs:2\nexport function handle\( \{[^]*SyntaxError/,
    ],
    [
      'that throws on import, with the place',
      '\nthrow new TypeError("no good");',
      /TypeError: no good \(at .*handler\.mjs:2/,
    ],
    ['that throws no Error', 'throw "text";', /something that is no Error was thrown: text/],
    [
      'that exports no handler',
      'export const a = 1;',
      /handler\.mjs exports a \(number\); expected a function "handle"/,
    ],
    [
      'that imports what is not there',
      'import "nowhere-to-be-found"; export function handle() {}',
      /nowhere-to-be-found/,
    ],
    ['that leaves a rejection behind', 'Promise.reject(new Error("late")); await new Promise(() => {});', /late/],
  ])('refuses one %s', async (_, source, message) => {
    expect(await checkHandler(source)).toEqual({
      ok: false,
      error: { message: expect.stringMatching(message) as string },
    });
  });
});

it('importing the package loads no native library', async () => {
  const { resolve } = createRequire(import.meta.url);
  const entries = ['', '/context', '/load-handler'].map((name) => resolve(`@marserve/handlers${name}`));
  const folder = await modelFolder({
    'list.mjs': `import { createRequire } from 'node:module';
      process.on('message', async (modules) => { for (const module of modules) await import(module);
        process.send(Object.keys(createRequire(import.meta.url).cache).filter((path) => /\\.node$|onnxruntime|sharp|faiss/.test(path))); });`,
  });
  const child = fork(join(folder, 'list.mjs'));
  onTestFinished(() => void child.kill('SIGKILL'));
  child.send(entries);
  const ended = once(child, 'exit').then(([code]) => `the process that imports ended with ${String(code)}`);
  const loaded = once(child, 'message').then(([paths]) => paths as string[]);
  expect(await Promise.race([loaded, ended])).toEqual([]);
});
