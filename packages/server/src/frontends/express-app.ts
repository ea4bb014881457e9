/** The rare routes through Express: management, metrics, health, API description; and the answers to unknown paths. */
import express, { type Express, type Request, type RequestHandler } from 'express';
import { ServeError } from '../core/errors.ts';
import type { Endpoint } from '../protocols/endpoint.ts';
import type { EndpointRunner } from './endpoint-runner.ts';
import { METHOD_NOT_ALLOWED, ROUTE_NOT_FOUND } from './route-errors.ts';

export function createExpressApp(
  { endpoints }: { readonly endpoints: readonly Endpoint[] },
  serve: EndpointRunner,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(refuseMalformedPath(serve));
  for (const endpoint of endpoints) addRoute(app, endpoint, serve);
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
    app.all(expressPath(path), refuseWith(METHOD_NOT_ALLOWED, serve));
  }
  app.use(refuseWith(ROUTE_NOT_FOUND, serve));
  return app;
}

/** `*` leaves OPTIONS to the API description. */
function addRoute(app: Express, endpoint: Endpoint, serve: EndpointRunner): void {
  const { handle, method } = endpoint;
  const path = expressPath(endpoint.path);
  const run: RequestHandler = (request, response) => serve(request, response, { handle, params: textParams(request) });
  if (method === '*')
    app.all(path, (request, response, next) => (request.method === 'OPTIONS' ? next() : run(request, response, next)));
  else app[method.toLowerCase() as Lowercase<Exclude<Endpoint['method'], '*'>>](path, run);
}

/** `{name}` → `:name`, `{name*}` → `*name`. */
function expressPath(path: string): string {
  return path.replace(/\{(\w+)\*\}/g, '*$1').replace(/\{(\w+)\}/g, ':$1');
}

function textParams({ params }: Request): Record<string, string> {
  const entries = Object.entries(params as Record<string, string | string[]>);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]));
}

function refuseWith(error: ServeError, serve: EndpointRunner): RequestHandler {
  return (request, response) => serve(request, response, { handle: () => Promise.reject(error), params: {} });
}

/** Broken percent signs would make Express answer in its own way. */
function refuseMalformedPath(serve: EndpointRunner): RequestHandler {
  return (request, response, next) => {
    try {
      decodeURIComponent(request.path);
      next();
    } catch {
      const error = new ServeError(
        'invalid_argument',
        `The path ${request.path} has a percent sign that encodes nothing.`,
      );
      serve(request, response, { handle: () => Promise.reject(error), params: {} });
    }
  };
}
