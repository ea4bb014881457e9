/** Routes of a handler's own, as a model's YAML file has them: `GET /users/{user}: describeUser`. */
import * as z from 'zod';
import { isFunctionName } from './function-name.ts';
import { shown } from './value-rules.ts';

/** A method and a path that one of the handler's functions answers. */
export interface ModelRoute {
  /** One of HTTP's, in capitals. */
  readonly method: (typeof METHODS)[number];
  /** Begins with a slash; `{name}` stands for a segment, and a last `{name*}` for the rest. */
  readonly path: string;
  /** Name of the function, `(data, context)` as `handle` is. */
  readonly handlerFunction: string;
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const ROUTE = new RegExp(`^(${METHODS.join('|')}) (/.*)$`);
const LITERAL = /^[A-Za-z0-9\-._~!$&'()+,;=:@]+$/;
const NAME = /^\{([A-Za-z]\w*)(\*?)\}$/;
const MOST_ROUTES = 100;
const MOST_CHARS = 256;

/** Route → function. */
export const routesRule = z.custom<Readonly<Record<string, string>>>().superRefine((value: unknown, context) => {
  for (const message of routesProblems(value)) context.addIssue({ code: 'custom', message });
});

/** @param routes as the file has them, checked by `routesRule` */
export function modelRoutes(routes: Readonly<Record<string, string>> = {}): ModelRoute[] {
  return Object.entries(routes).map(([route, handlerFunction]) => {
    const [method = '', path = ''] = route.split(' ');
    return { method: method as ModelRoute['method'], path, handlerFunction };
  });
}

function routesProblems(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`expected a mapping of routes to functions, came ${shown(value)}`];
  }
  const entries = Object.entries(value);
  if (entries.length > MOST_ROUTES) return [`expected ${MOST_ROUTES} routes at most, came ${entries.length}`];
  const problems = entries.flatMap(([route, name]) => routeProblem(route) ?? functionProblem(route, name) ?? []);
  return problems.length > 0 ? problems : sameRoutes(Object.keys(value));
}

function routeProblem(route: string): string | undefined {
  const [, , path] = ROUTE.exec(route) ?? [];
  const problem =
    path === undefined ? `expected ${METHODS.join(', ')}, then a space and a path with a slash` : pathProblem(path);
  return problem && `${shown(route)}: ${problem}`;
}

function pathProblem(path: string): string | undefined {
  if (path.length > MOST_CHARS) return `expected a path of ${MOST_CHARS} characters at most, came ${path.length}`;
  if (path === '/') return undefined;
  if (path.endsWith('/')) return 'expected no slash at the end; requests with one find the path without it';
  const segments = path.slice(1).split('/');
  const problems = segments.map((segment, index) => segmentProblem(segment, index, segments.length));
  const problem = problems.find((each) => each !== undefined);
  if (problem !== undefined) return problem;
  const names = segments.flatMap((segment) => NAME.exec(segment)?.[1] ?? []);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice && `expected each name once, came {${twice}} twice`;
}

function segmentProblem(segment: string, index: number, count: number): string | undefined {
  const [, name, star] = NAME.exec(segment) ?? [];
  if (name !== undefined) {
    if (index === 0) return `expected a first segment without a name, came ${shown(segment)}`;
    return star === '*' && index < count - 1 ? `expected ${segment} at the end only` : undefined;
  }
  if (/^\.\.?$/.test(segment)) return `expected no ${shown(segment)}, which stands for another folder`;
  if (LITERAL.test(segment)) return undefined;
  return `expected segments of letters, digits and -._~!$&'()+,;=:@, or of one {name}, came ${shown(segment)}`;
}

function functionProblem(route: string, name: unknown): string | undefined {
  if (isFunctionName(name)) return undefined;
  return `${shown(route)}: expected the name of one of the handler's functions, came ${shown(name)}`;
}

/** Names do not tell paths apart. */
function sameRoutes(routes: readonly string[]): string[] {
  const first = new Map<string, string>();
  return routes.flatMap((route) => {
    const shape = route.replace(/\{\w+(\*?)\}/g, '{$1}');
    const other = first.get(shape);
    if (other !== undefined) return [`${shown(route)}: expected another path, ${shown(other)} takes the same requests`];
    first.set(shape, route);
    return [];
  });
}
