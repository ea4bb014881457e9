/** Finds the inference endpoint for a method and a path; the few routes that must be fast. */
import type { Endpoint, EndpointGroup } from '../protocols/endpoint.ts';
import type { EndpointCall } from './endpoint-runner.ts';

/** Undefined for a path that is none of the table's. */
export type RouteTable = (method: string, path: string) => EndpointCall | undefined;

interface Route extends Pick<EndpointGroup, 'errorResponse'> {
  readonly endpoint: Endpoint;
  readonly segments: readonly string[];
  /** Name of the parameter that takes the rest of the path. */
  readonly rest: string | undefined;
}

/** Endpoints are tried in their order; empty segments at the end of a path are ignored, as in TorchServe. */
export function createRouteTable(groups: readonly EndpointGroup[]): RouteTable {
  const routes = groups.flatMap(({ endpoints, errorResponse }) =>
    endpoints.map((endpoint) => ({ ...parseRoute(endpoint), errorResponse })),
  );
  return (method, path) => {
    const segments = splitPath(path);
    for (const route of routes) {
      if (!takesMethod(route.endpoint, method)) continue;
      const params = matchSegments(route, segments);
      if (params === undefined) continue;
      const { audience, handle } = route.endpoint;
      return { audience, handle, errorResponse: route.errorResponse, params };
    }
    return undefined;
  };
}

function parseRoute(endpoint: Endpoint): Omit<Route, 'errorResponse'> {
  const segments = splitPath(endpoint.path);
  const rest = /^\{(\w+)\*\}$/.exec(segments.at(-1) ?? '')?.[1];
  return { endpoint, segments: rest === undefined ? segments : segments.slice(0, -1), rest };
}

function splitPath(path: string): string[] {
  const segments = path.split('/').slice(1);
  while (segments.at(-1) === '') segments.pop();
  return segments;
}

/** `*` leaves OPTIONS to the API description. */
function takesMethod({ method: own }: Endpoint, method: string): boolean {
  return own === '*' ? method !== 'OPTIONS' : own === method;
}

function matchSegments(
  { segments: pattern, rest }: Pick<Route, 'segments' | 'rest'>,
  segments: readonly string[],
): Record<string, string> | undefined {
  const fits = rest === undefined ? segments.length === pattern.length : segments.length > pattern.length;
  if (!fits) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] ?? '';
    if (expected.startsWith('{')) params[expected.slice(1, -1)] = decodeSegment(actual);
    else if (expected !== actual) return undefined;
  }
  if (rest !== undefined) params[rest] = segments.slice(pattern.length).join('/');
  return params;
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
