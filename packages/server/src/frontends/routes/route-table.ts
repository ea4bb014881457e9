/** Finds what answers a method and a path: the one way to every endpoint of a listener. */
import { ServeError } from '../../core/errors.ts';
import type { Endpoint, EndpointGroup } from '../../protocols/endpoint.ts';
import type { EndpointCall } from '../http/endpoint-runner.ts';
import { methodNotAllowed, refusedCall, ROUTE_NOT_FOUND } from './route-errors.ts';
import { compareSpecificity, parsePattern, type PathParams, type RoutePattern } from './route-pattern.ts';

/** The endpoints of a listener by their paths. */
export interface RouteTable {
  /** What is to be run; for a path that nobody knows, and for a method that its path does not take, a refusal. */
  readonly find: (method: string, path: string) => EndpointCall;
  /** Another number after each change of what `find` finds. */
  readonly revision: number;
  /** The methods that a path takes; none for one that nobody knows. */
  readonly methodsAt: (path: string) => readonly string[];
}

/** What the table is made of. */
export interface RouteTableOptions {
  /** The endpoints of each protocol that is spoken here. */
  readonly groups: readonly EndpointGroup[];
  /** Of the default protocol, in whose words unknown paths fail. */
  readonly errorResponse: EndpointGroup['errorResponse'];
}

interface Route extends Pick<EndpointGroup, 'errorResponse'>, Pick<EndpointCall, 'byMediaType'> {
  readonly endpoint: Endpoint;
  readonly pattern: RoutePattern;
}

/**
 * Of the routes that take a path and its method, the most specific one answers, and of equal ones the first. Case matters;
 * slashes at the end do not, as in TorchServe.
 */
export function createRouteTable({ groups, errorResponse }: RouteTableOptions): RouteTable {
  let routes = routesByFirstSegment(groups);
  let revision = 0;
  for (const { live } of groups) {
    live?.watch(() => {
      routes = routesByFirstSegment(groups);
      revision += 1;
    });
  }
  const candidatesFor = (path: string) => routes.get(firstSegmentOf(path)) ?? [];
  const find: RouteTable['find'] = (method, target) => {
    const path = withoutTrailingSlashes(target);
    const candidates = candidatesFor(path);
    for (const route of candidates) {
      if (!takesMethod(route.endpoint, method)) continue;
      const params = route.pattern.match(path);
      if (params !== undefined) return callOf(route, params, path);
    }
    if (!path.startsWith('/')) return refusedCall(noPath(path), errorResponse);
    if (!isDecodable(path)) return refusedCall(malformed(path), errorResponse);
    const others = routesAt(path, candidates);
    const [other] = others;
    if (other !== undefined) return refusedCall(methodNotAllowed(methodsOf(others)), other.errorResponse);
    return refusedCall(ROUTE_NOT_FOUND, errorResponse);
  };
  const methodsAt = (target: string) => {
    const path = withoutTrailingSlashes(target);
    return methodsOf(routesAt(path, candidatesFor(path)));
  };
  return {
    find,
    methodsAt,
    get revision() {
      return revision;
    },
  };
}

function routesAt(path: string, candidates: readonly Route[]): Route[] {
  return candidates.filter(({ pattern }) => pattern.match(path) !== undefined);
}

/** No path begins with a name, so that a look into a map leaves a few to try. */
function routesByFirstSegment(groups: readonly EndpointGroup[]): ReadonlyMap<string, readonly Route[]> {
  const instead = endpointsByMediaType(groups);
  const alive = groups.flatMap(({ live, ...group }) =>
    live === undefined ? [] : { ...group, endpoints: live.read() },
  );
  const routes = [...alive, ...groups].flatMap(({ endpoints, errorResponse }) =>
    endpoints
      .filter(({ forMediaTypes }) => forMediaTypes === undefined)
      .map((endpoint): Route => {
        const byMediaType = instead.get(placeOf(endpoint));
        return { endpoint, errorResponse, pattern: parsePattern(endpoint.path), byMediaType };
      }),
  );
  routes.sort((a, b) => compareSpecificity(a.pattern, b.pattern));
  const byFirstSegment = new Map<string, Route[]>();
  for (const route of routes) {
    const { firstSegment } = route.pattern;
    byFirstSegment.set(firstSegment, [...(byFirstSegment.get(firstSegment) ?? []), route]);
  }
  return byFirstSegment;
}

type EndpointsByMediaType = Map<string, Pick<EndpointCall, 'handle' | 'errorResponse'>>;

/** Those that have only some of the bodies at a path. */
function endpointsByMediaType(groups: readonly EndpointGroup[]): ReadonlyMap<string, EndpointsByMediaType> {
  const found = new Map<string, EndpointsByMediaType>();
  for (const { endpoints, errorResponse } of groups) {
    for (const { forMediaTypes = [], handle, ...endpoint } of endpoints) {
      const there = found.get(placeOf(endpoint)) ?? new Map();
      for (const mediaType of forMediaTypes) there.set(mediaType, { handle, errorResponse });
      if (there.size > 0) found.set(placeOf(endpoint), there);
    }
  }
  return found;
}

function placeOf({ method, path }: Pick<Endpoint, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

function firstSegmentOf(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? path.slice(1) : path.slice(1, end);
}

/** `*` leaves OPTIONS to the API description; a HEAD is a GET whose body node:http does not send. */
function takesMethod({ method: own }: Endpoint, method: string): boolean {
  return own === '*' ? ANY_METHOD.has(method) : own === method || (own === 'GET' && method === 'HEAD');
}

const ANY_METHOD = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** All methods of the most specific of the routes at a path; others take it for a longer name. */
function methodsOf(routes: readonly Route[]): string[] {
  const path = routes[0]?.endpoint.path;
  const endpoints = routes.map(({ endpoint }) => endpoint).filter((endpoint) => endpoint.path === path);
  return [...ANY_METHOD, 'OPTIONS'].filter((method) => endpoints.some((endpoint) => takesMethod(endpoint, method)));
}

function callOf({ endpoint, errorResponse, byMediaType }: Route, values: PathParams, path: string): EndpointCall {
  const { audience, handle } = endpoint;
  if (!path.includes('%')) return { audience, handle, errorResponse, params: values, byMediaType };
  const params = decodeParams(endpoint, values);
  return params === undefined
    ? refusedCall(malformed(path), errorResponse)
    : { audience, handle, errorResponse, params, byMediaType };
}

/** The rest of a path is left as it is, with its slashes, for the handler. */
function decodeParams({ path }: Endpoint, values: PathParams): PathParams | undefined {
  const segments = Object.entries(values).filter(([name]) => !path.endsWith(`{${name}*}`));
  if (!segments.every(([, value]) => isDecodable(value))) return undefined;
  return { ...values, ...Object.fromEntries(segments.map(([name, value]) => [name, decodeURIComponent(value)])) };
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function noPath(target: string): ServeError {
  return new ServeError('invalid_argument', `The target ${target} is neither a path nor a URL.`);
}

function malformed(path: string): ServeError {
  return new ServeError('invalid_argument', `The path ${path} has a percent sign that encodes nothing.`);
}
