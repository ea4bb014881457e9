import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PredictionError } from './prediction-error.ts';
import type { HandleFunction, HandlerContext, ModelContext, Row } from './handler.ts';
import { modelFolder } from './test-support/model-folder.ts';
import { testHandler } from './testing.ts';

class Echo {
  #prefix = '';
  initialize(context: ModelContext): void {
    this.#prefix = context.modelConfig.prefix as string;
    context.logger.info('ready', { dir: context.modelDir });
  }
  handle(data: Row[], context: HandlerContext): unknown[] {
    context.metrics.addCounter('rows', data.length);
    context.setResponseHeader(0, 'X-First', context.getRequestHeader(0, 'x-key') ?? 'none');
    return data.map(({ body }) => (body === 'bad' ? new PredictionError('no', 400) : `${this.#prefix}${String(body)}`));
  }
}

class Helper {
  run(): void {}
}

describe('testHandler', () => {
  it('returns all that came out of a class', async () => {
    const options = { modelConfig: { prefix: '>' }, headers: { 'X-Key': 'v' }, modelDir: '/m' };
    const outcome = await testHandler(Echo, ['a', { body: 'b' }, 'bad'], options);
    expect(outcome.results).toEqual(['>a', '>b', new PredictionError('no', 400)]);
    expect(outcome.responses).toEqual([{ headers: { 'X-First': 'v' } }, { headers: {} }, { headers: {} }]);
    expect(outcome.metrics).toMatchObject([{ name: 'rows', kind: 'counter', value: 3 }]);
    expect(outcome.logs).toEqual([{ level: 'info', message: 'ready', fields: { dir: '/m' } }]);
  });

  it('takes an object and a function', async () => {
    expect((await testHandler(new Echo(), ['a'], { modelConfig: { prefix: '>' } })).results).toEqual(['>a']);
    expect((await testHandler((data: Row[] | null) => data?.map(({ body }) => body), [[1]])).results).toEqual([[1]]);
  });

  it('takes a module, with the initialize that it exports or the call with null', async () => {
    const modelDir = await modelFolder({
      'a.mjs': `let ready = 'not initialized'; export const initialize = () => { ready = 'ready'; };
        export const handle = (data) => data.map(() => ready);`,
      'b.mjs': 'let calls = 0; export const handle = (data) => (calls += 1, data?.map(() => calls));',
    });
    const load = async (name: string) =>
      (await import(pathToFileURL(`${modelDir}/${name}`).href)) as { handle: HandleFunction };
    expect((await testHandler(await load('a.mjs'), [1])).results).toEqual(['ready']);
    expect((await testHandler(await load('b.mjs'), [1])).results).toEqual([2]);
  });

  it('takes the handler of a folder', async () => {
    const modelDir = await modelFolder({
      'h.mjs': 'export const handle = (data) => data && data.map(() => import.meta.url);',
    });
    const { results } = await testHandler({ modelDir, handler: 'h.mjs' }, [1]);
    expect(results).toEqual([expect.stringContaining('h.mjs') as string]);
  });

  it('takes the parts of answers, and goes away when it should', async () => {
    let hasEnded = false;
    async function* numbers() {
      try {
        for (let n = 0; ; n += 1) yield await Promise.resolve(n);
      } finally {
        hasEnded = true;
      }
    }
    const handle = async (data: Row[] | null, context: HandlerContext) => {
      if (data !== null) await context.sendPart(0, 'sent');
      return data?.map((_, row) => (row === 0 ? context.getSignal(0).aborted : numbers()));
    };
    const { results, parts } = await testHandler(handle, ['a', 'b'], { maxParts: 3 });
    expect(parts).toEqual([['sent'], [0, 1, 2]]);
    expect(results).toEqual([false, undefined]);
    expect(hasEnded).toBe(true);
  });

  it('fails as the server would', async () => {
    await expect(testHandler(() => [1], [1, 2])).rejects.toThrow('handler returned 1 result for a batch of 2 rows');
    await expect(testHandler(Helper as never, [])).rejects.toThrow(
      'exactly one class with a method "handle(data, context)"',
    );
  });
});
