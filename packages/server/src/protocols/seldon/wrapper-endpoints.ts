/** What the wrapper around a component has beside the API of a deployment. */
import { ServeError } from '../../core/errors.ts';
import type { DataPlane } from '../../core/data-plane.ts';
import type { Endpoint, Parameter, PlainResponse } from '../endpoint.ts';
import type { Planes } from '../protocol.ts';
import { askEndpoint } from './ask-component.ts';

const METHODS = ['predict', 'transform-input', 'transform-output', 'route', 'aggregate', 'send-feedback'] as const;

const IN_QUERY: Parameter = { name: 'json', in: 'query', type: 'string', description: 'The message', required: true };

const STATE = {
  audience: 'open',
  method: 'GET',
  summary: 'Whether the server works, in the protocol of Seldon',
  parameters: [],
  responses: { 200: 'It does', 503: 'Not every model can serve' },
} as const;

/** Each method is taken with GET as well, with the message in the query. */
export function createWrapperEndpoints(planes: Planes): Endpoint[] {
  const both = METHODS.flatMap((method): Endpoint[] => {
    const asked = { path: `/${method}`, id: method.replaceAll('-', '_'), method, parameters: [] };
    return [
      askEndpoint(planes, asked),
      { ...askEndpoint(planes, { ...asked, id: `get_${asked.id}` }), method: 'GET', parameters: [IN_QUERY] },
    ];
  });
  return [
    ...both,
    askEndpoint(planes, { path: '/metadata', id: 'metadata', method: 'metadata', parameters: [] }),
    askEndpoint(planes, { path: '/health/status', id: 'health_status', method: 'health-status', parameters: [] }),
    { ...STATE, path: '/health/ping', operationId: 'seldon_ping', handle: () => Promise.resolve(text('pong')) },
    { ...STATE, path: '/live', operationId: 'seldon_live', handle: () => Promise.resolve(text('')) },
    {
      ...STATE,
      path: '/ready',
      operationId: 'seldon_ready',
      handle: () => Promise.resolve().then(() => ready(planes.dataPlane)),
    },
  ];
}

function ready(dataPlane: DataPlane): PlainResponse {
  if (dataPlane.isReady()) return text('');
  throw new ServeError('no_worker', 'Not every model can serve.');
}

function text(body: string): PlainResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
