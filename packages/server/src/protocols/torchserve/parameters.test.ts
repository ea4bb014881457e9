import { describe, expect, it } from 'vitest';
import { STEADY_CALLER } from '../../core/job.ts';
import type { PlainRequest } from '../endpoint.ts';
import { bodyOrQueryParameters, queryParameters } from './parameters.ts';

function request(query: string, body?: string): PlainRequest {
  return {
    method: 'POST',
    params: {},
    query: new URLSearchParams(query),
    requestId: 'r',
    mediaType: body === undefined ? '' : 'application/json',
    rawHeaders: [],
    caller: STEADY_CALLER,
    header: () => undefined,
    readBody: () => Promise.resolve([Buffer.from(body ?? '')]),
    readInputs: () => Promise.resolve([]),
  };
}

describe('parameters in the query', () => {
  it('count the first time they are given', () => {
    expect(queryParameters(request('url=a&url=b')).text('url')).toBe('a');
  });

  it('are integers, or as if they were not there', () => {
    const parameters = queryParameters(request('a=7&b=seven&c=1.5&d=&e=-3'));
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => parameters.integer(name, -10))).toEqual([
      7,
      undefined,
      undefined,
      undefined,
      -3,
      undefined,
    ]);
  });

  it('are refused below their least value', () => {
    expect(() => queryParameters(request('batch_size=0')).integer('batch_size', 1)).toThrow(
      'Parameter batch_size must be at least 1, got 0.',
    );
  });

  it('are true only for "true"', () => {
    const parameters = queryParameters(request('a=TRUE&b=1&c=false'));
    expect(['a', 'b', 'c', 'd'].map((name) => parameters.boolean(name, true))).toEqual([true, false, false, true]);
  });
});

describe('parameters in a JSON body', () => {
  it('take the place of the query', async () => {
    const parameters = await bodyOrQueryParameters(
      request('url=query', '{"url":"body","batch_size":8,"synchronous":false,"handler":null}'),
    );
    expect(parameters.text('url')).toBe('body');
    expect(parameters.integer('batch_size', 1)).toBe(8);
    expect(parameters.boolean('synchronous', true)).toBe(false);
    expect(parameters.text('handler')).toBeUndefined();
  });

  it('leave the query in force when the body is empty', async () => {
    expect((await bodyOrQueryParameters(request('url=query', ' '))).text('url')).toBe('query');
  });

  it('must be an object', async () => {
    await expect(bodyOrQueryParameters(request('', '[1]'))).rejects.toThrow('must be a JSON object');
    await expect(bodyOrQueryParameters(request('', '{'))).rejects.toThrow('not valid JSON');
  });
});
