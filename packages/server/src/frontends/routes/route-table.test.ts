import { describe, expect, it } from 'vitest';
import { toServeError } from '../../core/errors.ts';
import type { Endpoint, EndpointGroup, PlainRequest } from '../../protocols/endpoint.ts';
import { createRouteTable } from './route-table.ts';

function endpoint(path: string, method: Endpoint['method'] = '*'): Endpoint {
  const handle = () => Promise.resolve({ status: 200, headers: {}, body: `${method} ${path}` });
  return { audience: 'inference', method, path, operationId: path, summary: '', parameters: [], responses: {}, handle };
}

function wordsOf(protocol: string): EndpointGroup['errorResponse'] {
  return (error) => ({ status: 400, headers: {}, body: `${protocol}: ${toServeError(error).code}` });
}

const { find } = createRouteTable({
  errorResponse: wordsOf('torchserve'),
  groups: [
    {
      protocol: 'torchserve',
      errorResponse: wordsOf('torchserve'),
      endpoints: [
        endpoint('/predictions/{model_name}'),
        endpoint('/predictions/{model_name}', 'OPTIONS'),
        endpoint('/predictions/{model_name}/{model_version}/{url_path*}'),
        endpoint('/predictions/{model_name}/{model_version}'),
        endpoint('/models/{model_name}/{model_version}', 'GET'),
        endpoint('/models/{model_name}/{model_version}/set-default', 'PUT'),
        endpoint('/', 'OPTIONS'),
      ],
    },
    {
      protocol: 'other',
      errorResponse: wordsOf('other'),
      endpoints: [
        endpoint('/', 'GET'),
        endpoint('/v1/models', 'GET'),
        endpoint('/v1/models/{model_name}', 'GET'),
        endpoint('/v1/models/{model_name}', 'POST'),
        endpoint('/v1/models/{model_name}:predict', 'POST'),
        endpoint('/v1/models/{model_name}:pre{rest}', 'POST'),
        endpoint('/v1/models/all', 'POST'),
        endpoint('/models/{model_name}/all', 'GET'),
        endpoint('/v1.0/{a}+{b}', 'GET'),
      ],
    },
  ],
});

/** What answers, and with which names. */
async function ask(method: string, path: string): Promise<[string, Readonly<Record<string, string>>]> {
  const { handle, errorResponse, params } = find(method, path);
  const answer = await handle({} as PlainRequest).catch(errorResponse);
  return [answer.body as string, params];
}

describe('a path', () => {
  it.each<[string, string, string, Record<string, string>]>([
    ['POST', '/predictions/mnist', '* /predictions/{model_name}', { model_name: 'mnist' }],
    [
      'GET',
      '/predictions/mnist/1.0',
      '* /predictions/{model_name}/{model_version}',
      { model_name: 'mnist', model_version: '1.0' },
    ],
    ['POST', '/predictions/m//', '* /predictions/{model_name}', { model_name: 'm' }],
    ['POST', '/predictions/a%20b%2Fc%3A', '* /predictions/{model_name}', { model_name: 'a b/c:' }],
    ['OPTIONS', '/predictions/m', 'OPTIONS /predictions/{model_name}', { model_name: 'm' }],
    ['OPTIONS', '/', 'OPTIONS /', {}],
    ['OPTIONS', '//', 'OPTIONS /', {}],
    ['GET', '/', 'GET /', {}],
    ['HEAD', '/', 'GET /', {}],
    ['HEAD', '/v1/models/m', 'GET /v1/models/{model_name}', { model_name: 'm' }],
    ['GET', '/v1/models/', 'GET /v1/models', {}],
  ])('%s %s is that of %s', async (method, path, route, params) => {
    expect(await ask(method, path)).toEqual([route, params]);
  });

  it('keeps its rest as it came', async () => {
    const [, params] = await ask('POST', '/predictions/m%20/1/a//b%2Fc%zz');
    expect(params).toEqual({ model_name: 'm ', model_version: '1', url_path: 'a//b%2Fc%zz' });
  });

  it.each([
    ['/v1/models/m:predict', 'POST /v1/models/{model_name}:predict', { model_name: 'm' }],
    ['/v1/models/m:predict/', 'POST /v1/models/{model_name}:predict', { model_name: 'm' }],
    ['/v1/models/a:b:predict', 'POST /v1/models/{model_name}:predict', { model_name: 'a:b' }],
    ['/v1/models/m%3Apredict', 'POST /v1/models/{model_name}', { model_name: 'm:predict' }],
    ['/v1/models/m%20:predict', 'POST /v1/models/{model_name}:predict', { model_name: 'm ' }],
    ['/v1/models/m:preXY', 'POST /v1/models/{model_name}:pre{rest}', { model_name: 'm', rest: 'XY' }],
    ['/v1/models/m:PREDICT', 'POST /v1/models/{model_name}', { model_name: 'm:PREDICT' }],
    ['/v1/models/:predict', 'POST /v1/models/{model_name}', { model_name: ':predict' }],
    ['/v1/models/all', 'POST /v1/models/all', {}],
    ['/v1/models/ALL', 'POST /v1/models/{model_name}', { model_name: 'ALL' }],
  ])('%s goes to the most specific route, %s', async (path, route, params) => {
    expect(await ask('POST', path)).toEqual([route, params]);
  });

  it('goes to the most specific route of all protocols', async () => {
    expect(await ask('GET', '/models/m/all')).toEqual(['GET /models/{model_name}/all', { model_name: 'm' }]);
    expect(await ask('GET', '/models/m/1')).toEqual([
      'GET /models/{model_name}/{model_version}',
      { model_name: 'm', model_version: '1' },
    ]);
  });

  it('may have characters that mean something in expressions', async () => {
    expect(await ask('GET', '/v1.0/x+y')).toEqual(['GET /v1.0/{a}+{b}', { a: 'x', b: 'y' }]);
    expect(await ask('GET', '/v1x0/x+y')).toEqual(['torchserve: route_not_found', {}]);
  });

  it.each([
    ['POST', '/predictions'],
    ['POST', '/Predictions/m'],
    ['POST', '/predictions//1'],
    ['GET', '/V1/models'],
    ['POST', '/other/m'],
    ['POST', '/%70redictions/m'],
    ['POST', '/v1/models/m/x:predict'],
    ['POST', '/__proto__'],
  ])('%s %s is unknown', async (method, path) => {
    expect(await ask(method, path)).toEqual(['torchserve: route_not_found', {}]);
  });

  it.each([
    ['DELETE', '/v1/models/m:predict', 'other'],
    ['DELETE', '/', 'torchserve'],
    ['OPTIONS', '/predictions/m/1', 'torchserve'],
    ['HEAD', '/models/m/1/set-default', 'torchserve'],
  ])('%s %s is there for other methods', async (method, path, protocol) => {
    expect(await ask(method, path)).toEqual([`${protocol}: method_not_allowed`, {}]);
  });

  it.each([
    ['/predictions/a%2', 'torchserve'],
    ['/v1/models/%zz:predict', 'other'],
    ['/unknown/%ff', 'torchserve'],
    ['http://[::1/predictions/m', 'torchserve'],
    ['models:predict', 'torchserve'],
  ])('%s, which is broken, is refused', async (path, protocol) => {
    expect(await ask('POST', path)).toEqual([`${protocol}: invalid_argument`, {}]);
  });

  it('of any length is looked up quickly', async () => {
    const startedAt = performance.now();
    for (const path of ['/v1/models/', '/predictions/m/1/', '/models/']) await ask('POST', path + ':pre/'.repeat(4000));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('an endpoint for bodies of some media types', () => {
  it('answers those at the path of another, in its own words', async () => {
    const own = { ...endpoint('/v1/models/{model_name}:predict', 'POST'), forMediaTypes: ['application/x-protobuf'] };
    const handle = () => Promise.reject(new Error('no'));
    const table = createRouteTable({
      errorResponse: wordsOf('one'),
      groups: [
        {
          protocol: 'one',
          errorResponse: wordsOf('one'),
          endpoints: [endpoint('/v1/models/{model_name}:predict', 'POST')],
        },
        { protocol: 'other', errorResponse: wordsOf('other'), endpoints: [{ ...own, handle }] },
      ],
    });
    const { byMediaType, handle: usual, params } = table.find('POST', '/v1/models/m:predict');
    expect(params).toEqual({ model_name: 'm' });
    expect(await usual({} as PlainRequest)).toMatchObject({ body: 'POST /v1/models/{model_name}:predict' });
    expect([...(byMediaType?.keys() ?? [])]).toEqual(['application/x-protobuf']);
    const { handle: special, errorResponse } = byMediaType?.get('application/x-protobuf') ?? {};
    expect(await special?.({} as PlainRequest).catch((error: unknown) => errorResponse?.(error))).toMatchObject({
      body: 'other: internal',
    });
  });
});
