import { describe, expect, it } from 'vitest';
import { STEADY_CALLER } from '../../core/jobs/job.ts';
import type { PlainRequest } from '../endpoint.ts';
import { readParameters } from './parameters.ts';

function request(query: string, body?: string | Buffer, charset?: string): PlainRequest {
  const chunks = [Buffer.from(body ?? '')];
  return {
    method: 'POST',
    target: '/',
    params: {},
    query: new URLSearchParams(query),
    requestId: 'r',
    mediaType: body === undefined ? '' : 'application/json',
    rawHeaders: [],
    caller: STEADY_CALLER,
    header: () => undefined,
    readInputs: () => Promise.resolve([{ name: 'body', contentType: 'application/json', charset, chunks }]),
  };
}

const KNOWN = ['url', 'count', 'batch_size', 'min_worker', 'max_worker', 'initial_workers', 'synchronous'].map(
  (name) => ({ name, in: 'query', type: 'string', description: '' }) as const,
);
const read = (query: string, body?: string | Buffer, charset?: string) =>
  readParameters(request(query, body, charset), KNOWN);

describe('parameters in the query', () => {
  it('may be given twice, but not with different values', async () => {
    expect((await read('url=x&url=x')).text('url')).toBe('x');
    await expect(read('url=x&url=y')).rejects.toThrow('url is given twice, with different values: "x" and "y"');
  });

  it.each(['seven', '1.5', '', ' ', '1e3', '0x10', '--1', '9'.repeat(16), 'Infinity', 'null', 'true'])(
    'are no integer when they say %j',
    async (text) => {
      const parameters = await read(`count=${text}`);
      expect(() => parameters.integer('count', -10)).toThrow(
        `Parameter count must be an integer, got ${JSON.stringify(text.trim())}.`,
      );
    },
  );

  it('are integers from a least value on', async () => {
    expect((await read('count=7')).integer('count', 1)).toBe(7);
    expect((await read('count=%2B7')).integer('count', 1)).toBe(7);
    expect((await read('count=-3')).integer('count', -10)).toBe(-3);
    expect((await read('')).integer('count', 1)).toBeUndefined();
    const parameters = await read('batch_size=0');
    expect(() => parameters.integer('batch_size', 1)).toThrow('Parameter batch_size must be at least 1, got 0.');
  });

  it('are true or false in any case of letters', async () => {
    expect((await read('count=TRUE')).boolean('count', false)).toBe(true);
    expect((await read('count=False')).boolean('count', true)).toBe(false);
    expect((await read('')).boolean('count', true)).toBe(true);
  });

  it.each(['maybe', '1', '0', 'yes', '', 'truee'])('are neither when they say %j', async (text) => {
    const parameters = await read(`count=${text}`);
    expect(() => parameters.boolean('count', true)).toThrow('Parameter count must be true or false');
  });

  it('are not empty', async () => {
    const parameters = await read('count=');
    expect(() => parameters.text('count')).toThrow('Parameter count must be a value, got "".');
  });
});

describe('the name of a parameter', () => {
  /** Every name that is one edit away: a letter less, another, one more, two exchanged; and other ways of writing it. */
  function variants(name: string): string[] {
    const at = Array.from(name, (_, index) => [name.slice(0, index), name.slice(index)] as const);
    return [
      ...at.map(([head, tail]) => head + tail.slice(1)),
      ...at.map(([head, tail]) => `${head}q${tail.slice(1)}`),
      ...at.map(([head, tail]) => `${head}q${tail}`),
      `${name}s`,
      ...at.slice(1).map(([head, tail]) => head.slice(0, -1) + (tail[0] ?? '') + head.slice(-1) + tail.slice(1)),
      name.toUpperCase(),
      name.replaceAll('_', '-'),
      name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      name.replaceAll(/(^|_)(.)/g, (_, start: string, letter: string) => start + letter.toUpperCase()),
    ].filter((variant) => variant !== name);
  }

  it.each(['batch_size', 'min_worker', 'max_worker', 'initial_workers', 'synchronous'])(
    'is refused when it is almost %s, with what was meant',
    async (name) => {
      for (const variant of variants(name)) {
        await expect(read(`${variant}=3`), variant).rejects.toThrow(
          `Unknown parameter "${variant}". Did you mean ${name}?`,
        );
      }
    },
  );

  it.each(['timeout', 'number_gpu', 's3_sse_kms', 'foo', 'x', ''])(
    'is ignored, and told, when it is "%s"',
    async (name) => {
      expect((await read(`${name}=3&url=x`)).ignored).toEqual([name]);
    },
  );
});

describe('parameters in the body', () => {
  it('count beside those of the query', async () => {
    const body = '{"url":"body","batch_size":8,"synchronous":false,"initial_workers":null}';
    const parameters = await read('count=1', body);
    expect(parameters.text('url')).toBe('body');
    expect(parameters.integer('count', 1)).toBe(1);
    expect(parameters.integer('batch_size', 1)).toBe(8);
    expect(parameters.boolean('synchronous', true)).toBe(false);
    expect(parameters.text('initial_workers')).toBeUndefined();
  });

  it('must not contradict the query', async () => {
    await expect(read('url=query', '{"url":"body"}')).rejects.toThrow('url is given twice');
  });

  it('may be empty', async () => {
    expect((await read('url=query', ' ')).text('url')).toBe('query');
  });

  it('may be a form', async () => {
    const form = { ...request('', 'url=x.mar&batch_size=2'), mediaType: 'application/x-www-form-urlencoded' };
    expect((await readParameters(form, KNOWN)).integer('batch_size', 1)).toBe(2);
  });

  it.each([
    ['{"url":"x","url":"y"}', 'url', '"x" and "y"'],
    ['{"u\\u0072l":"x","count":1,"url":"y"}', 'url', '"x" and "y"'],
    ['{"count":1,"url":"x","count":2}', 'count', '1 and 2'],
    ['{"count":1,"count":"1"}', 'count', '1 and "1"'],
  ])('must not contradict itself: %s', async (body, name, values) => {
    await expect(read('', body)).rejects.toThrow(`Parameter ${name} is given twice, with different values: ${values}.`);
  });

  it('may say the same twice', async () => {
    expect((await read('', '{"url":"x","url":"x","count":1.0,"count":1}')).text('url')).toBe('x');
  });

  it.each(['', 'text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded'])(
    'must not be JSON with the content type %j, which nobody would read',
    async (mediaType) => {
      const json = { ...request('', '{"min_worker":3}'), mediaType };
      await expect(readParameters(json, KNOWN)).rejects.toThrow(
        `with the content type application/json, or a form; got "${mediaType}"`,
      );
      expect((await readParameters({ ...request('url=x', ''), mediaType }, KNOWN)).text('url')).toBe('x');
    },
  );

  it('must be an object', async () => {
    await expect(read('', '[1]')).rejects.toThrow('must be a JSON object');
    await expect(read('', '{')).rejects.toThrow('not valid JSON');
  });
});

describe('the text of parameters', () => {
  it('may have a byte order mark, or another charset that is named', async () => {
    expect((await read('', '\uFEFF{"url":"größe"}')).text('url')).toBe('größe');
    expect((await read('', Buffer.from('{"url":"größe"}', 'latin1'), 'windows-1252')).text('url')).toBe('größe');
    expect((await read('', Buffer.from('\uFEFF{"url":"größe"}', 'utf16le'), 'utf-16le')).text('url')).toBe('größe');
  });

  it('is refused when it is not UTF-8', async () => {
    await expect(read('', Buffer.from('{"url":"größe"}', 'latin1'))).rejects.toThrow('The body is not text in utf-8.');
    await expect(read('url=gr%F6%DFe')).rejects.toThrow('Parameter url is not text in UTF-8: "gr\uFFFD\uFFFDe".');
    await expect(read('%FF=1')).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
