/** A route as an endpoint: a request of it is a job of its model as any other. */
import type { DataPlane } from '../../core/data-plane.ts';
import type { ServedRoute } from '../../core/registry/model-routes.ts';
import type { Endpoint, Parameter, PlainRequest } from '../endpoint.ts';
import { plainResponse } from '../plain-response.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { ROUTE_HEADER, type RoutedRequest } from './routed-request.ts';

const RESPONSES = {
  200: 'What the handler answered; it may choose another status',
  413: 'The body is larger than max_request_size',
  500: 'The handler threw, the worker died, or gave no answer in time',
  503: 'No worker is ready, or the queue is full',
  504: 'The time of the request was over, or no worker was free in time',
};

/** The default version of the model answers. */
export function createRouteEndpoint(
  { model, method, path, handlerFunction }: ServedRoute,
  dataPlane: Pick<DataPlane, 'admit'>,
): Endpoint {
  const route = `${method} ${path}`;
  return {
    audience: 'inference',
    method,
    path,
    operationId: `${model}: ${route}`,
    summary: `${handlerFunction} of the model ${model}`,
    parameters: parametersOf(path),
    responses: RESPONSES,
    takesModelInput: true,
    async handle(request) {
      const admission = dataPlane.admit(model);
      const timeoutMs = requestTimeoutMs(request);
      const inputs = await request.readInputs();
      const headers = [...request.rawHeaders, ROUTE_HEADER, routedRequest(route, request)];
      const { requestId, caller } = request;
      const job = { operation: 'predict', requestId, codec: 'handler-routes', headers, inputs, timeoutMs } as const;
      return plainResponse(await admission.submit(job, caller), request);
    },
  };
}

function routedRequest(route: string, { method, target, params }: PlainRequest): string {
  const [path = '', ...query] = target.split('?');
  const routed: RoutedRequest = { route, method, path, params, query: query.join('?') };
  return JSON.stringify(routed);
}

function parametersOf(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)(\*?)\}/g)].map(([, name = '', star]) => ({
    name,
    in: 'path',
    type: 'string',
    description: star === '*' ? 'The rest of the path' : 'A segment of the path',
    required: true,
  }));
}
