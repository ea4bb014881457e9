/** The rare routes through Express: management, metrics, health, API description; and the answers to unknown paths. */
import express, { type Express, type Request, type RequestHandler } from 'express';
import { ServeError } from '../core/errors.ts';
import type { Endpoint, EndpointGroup } from '../protocols/endpoint.ts';
import type { EndpointRunner } from './endpoint-runner.ts';
import type { RareRoutesOptions } from './rare-routes.ts';
import { METHOD_NOT_ALLOWED, refusedCall, ROUTE_NOT_FOUND } from './route-errors.ts';

export function createExpressApp(
  { groups, errorResponse }: Pick<RareRoutesOptions, 'groups' | 'errorResponse'>,
  serve: EndpointRunner,
): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(refuseMalformedPath(serve, errorResponse));
  for (const group of groups) addGroup(app, group, serve);
  for (const group of groups) refuseMethods(app, group, serve);
  app.use(refuseWith(ROUTE_NOT_FOUND, serve, errorResponse));
  return app;
}

function addGroup(app: Express, { endpoints, errorResponse }: EndpointGroup, serve: EndpointRunner): void {
  for (const endpoint of endpoints) {
    addRoute(app, endpoint, (request, response) => {
      const { audience, handle } = endpoint;
      serve(request, response, { audience, handle, errorResponse, params: textParams(request) });
    });
  }
}

/** The paths are there, for other methods. */
function refuseMethods(app: Express, { endpoints, errorResponse }: EndpointGroup, serve: EndpointRunner): void {
  for (const path of new Set(endpoints.map((endpoint) => endpoint.path))) {
    app.all(expressPath(path), refuseWith(METHOD_NOT_ALLOWED, serve, errorResponse));
  }
}

/** `*` leaves OPTIONS to the API description. */
function addRoute(app: Express, endpoint: Endpoint, run: RequestHandler): void {
  const { method } = endpoint;
  const path = expressPath(endpoint.path);
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

function refuseWith(
  error: ServeError,
  serve: EndpointRunner,
  errorResponse: EndpointGroup['errorResponse'],
): RequestHandler {
  return (request, response) => serve(request, response, refusedCall(error, errorResponse));
}

/** Broken percent signs would make Express answer in its own way. */
function refuseMalformedPath(serve: EndpointRunner, errorResponse: EndpointGroup['errorResponse']): RequestHandler {
  return (request, response, next) => {
    try {
      decodeURIComponent(request.path);
      next();
    } catch {
      const error = new ServeError(
        'invalid_argument',
        `The path ${request.path} has a percent sign that encodes nothing.`,
      );
      serve(request, response, refusedCall(error, errorResponse));
    }
  };
}
