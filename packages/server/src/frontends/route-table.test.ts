import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../protocols/endpoint.ts';
import { createRouteTable } from './route-table.ts';

function endpoint(path: string, method: Endpoint['method'] = '*'): Endpoint {
  const handle = () => Promise.reject(new Error(path));
  return { audience: 'inference', method, path, operationId: path, summary: '', parameters: [], responses: {}, handle };
}

const errorResponse = () => ({ status: 500, headers: {}, body: '' });
const find = createRouteTable([
  {
    protocol: 'torchserve',
    errorResponse,
    endpoints: [
      endpoint('/predictions/{model_name}'),
      endpoint('/predictions/{model_name}/{model_version}'),
      endpoint('/predictions/{model_name}/{model_version}/{url_path*}'),
      endpoint('/only/{name}', 'POST'),
    ],
  },
]);

describe('the route table', () => {
  it('finds the endpoint and the names in the path', () => {
    expect(find('POST', '/predictions/mnist')?.params).toEqual({ model_name: 'mnist' });
    expect(find('GET', '/predictions/mnist/1.0')?.params).toEqual({ model_name: 'mnist', model_version: '1.0' });
  });

  it('gives the rest of the path to the last name', () => {
    expect(find('POST', '/predictions/m/1/a/b%2Fc')?.params).toEqual({
      model_name: 'm',
      model_version: '1',
      url_path: 'a/b%2Fc',
    });
  });

  it('ignores slashes at the end', () => {
    expect(find('POST', '/predictions/m//')?.params).toEqual({ model_name: 'm' });
  });

  it('decodes names, and leaves broken ones as they are', () => {
    expect(find('POST', '/predictions/a%20b')?.params).toEqual({ model_name: 'a b' });
    expect(find('POST', '/predictions/a%2')?.params).toEqual({ model_name: 'a%2' });
  });

  it('does not find other paths and methods', () => {
    expect(find('POST', '/predictions')).toBeUndefined();
    expect(find('POST', '/other/m')).toBeUndefined();
    expect(find('GET', '/only/x')).toBeUndefined();
    expect(find('OPTIONS', '/predictions/m')).toBeUndefined();
  });
});
