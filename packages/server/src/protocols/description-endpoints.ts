/** The API description at `OPTIONS /` and `/api-description`. */
import type { Endpoint } from './endpoint.ts';
import { jsonResponse } from './json-response.ts';
import { describeApi, type ApiInfo } from './openapi.ts';

/** The endpoints that describe the given ones, and themselves. @param endpoints those that there are now */
export function createDescriptionEndpoints(info: ApiInfo, endpoints: () => readonly Endpoint[]): Endpoint[] {
  const common = {
    audience: 'open',
    summary: 'This description',
    parameters: [],
    responses: { 200: 'An OpenAPI 3 document' },
    handle: () => Promise.resolve(jsonResponse(200, describeApi(info, [...endpoints(), ...own]))),
  } as const;
  const own: Endpoint[] = [
    { ...common, method: 'OPTIONS', path: '/', operationId: 'describe_api' },
    { ...common, method: '*', path: '/api-description', operationId: 'api_description' },
  ];
  return own;
}
