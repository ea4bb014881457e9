/** What browsers ask before they send a request of another origin's page that is more than a form (https://fetch.spec.whatwg.org/#cors-preflight-fetch). */
import type { IncomingMessage } from 'node:http';
import type { CorsOptions } from '../../interceptors/cors.ts';
import type { EndpointCall } from './endpoint-runner.ts';
import type { RouteTable } from '../routes/route-table.ts';

/** Undefined for a request that is none, and for a path that nobody knows: its request fails with what this one is told. */
export type Preflight = (request: IncomingMessage, path: string) => EndpointCall | undefined;

/** @param cors without an origin, nothing is allowed, and these are requests as all others */
export function createPreflight(cors: CorsOptions, { find, methodsAt }: RouteTable): Preflight {
  if (cors.allowedOrigin === undefined) return () => undefined;
  return (request, path) => {
    if (request.method !== 'OPTIONS') return undefined;
    const {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': asked,
    } = request.headers;
    if (origin === undefined || method === undefined) return undefined;
    const methods = methodsAt(path);
    if (methods.length === 0) return undefined;
    const headers = headersOf(methods, asked, cors);
    // Browsers show no token with it.
    return {
      ...find('OPTIONS', path),
      audience: 'open',
      handle: () => Promise.resolve({ status: 204, headers, body: '' }),
    };
  };
}

/** What the configuration says is on every reply already; where it says nothing, all that the path takes is allowed. */
function headersOf(
  methods: readonly string[],
  asked: string | undefined,
  cors: CorsOptions,
): Readonly<Record<string, string>> {
  return {
    ...(cors.allowedMethods === undefined && { 'access-control-allow-methods': methods.join(', ') }),
    ...(cors.allowedHeaders === undefined && { vary: 'access-control-request-headers' }),
    ...(cors.allowedHeaders === undefined && asked !== undefined && { 'access-control-allow-headers': asked }),
  };
}
