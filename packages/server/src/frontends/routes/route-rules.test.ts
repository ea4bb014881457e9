import { describe, expect, it } from 'vitest';
import { toServeError } from '../../core/errors.ts';
import type { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { ModelRoute } from '../../core/registry/model-routes.ts';
import { pathsMeet } from './route-pattern.ts';
import { RouteRules } from './route-rules.ts';

function route(text: string): ModelRoute {
  const [method = '', path = ''] = text.split(' ');
  return { method: method as ModelRoute['method'], path, handlerFunction: 'f' };
}

/** Models by their names, as far as the rules look at them. */
function registryOf(models: Readonly<Record<string, readonly string[]>>): ModelRegistry {
  const all = Object.entries(models).map(([name, routes]) => ({
    key: { name, version: '1.0' },
    model: { routes: routes.map(route) },
  }));
  return { all: () => all } as unknown as ModelRegistry;
}

function problem(rules: RouteRules, text: string, name = 'new'): string | undefined {
  try {
    rules.admit({ name, version: '2.0' }, [route(text)]);
    return undefined;
  } catch (error) {
    const { code, message } = toServeError(error);
    return `${code}: ${message}`;
  }
}

it.each([
  ['/a', '/a', true],
  ['/a', '/A', false],
  ['/a', '/a/b', false],
  ['/a/{x}', '/a/b', true],
  ['/a/{x}', '/a/{y}', true],
  ['/a/{x}', '/a', false],
  ['/a/{x*}', '/a', false],
  ['/a/{x*}', '/a/b/c', true],
  ['/a/{x*}', '/a/{y}/c', true],
  ['/a/{x*}', '/b/c', false],
  ['/a/{x}:predict', '/a/b:predict', true],
  ['/a/{x}:predict', '/a/b:explain', false],
  ['/a/{x}:predict', '/a/{y}', true],
  ['/a.b/{x}', '/axb/{x}', false],
  ['/', '/', true],
  ['/', '/a', false],
])('whether the paths %s and %s may meet: %s', (one, other, meet) => {
  expect([pathsMeet(one, other), pathsMeet(other, one)]).toEqual([meet, meet]);
});

describe('a route', () => {
  const rules = new RouteRules(registryOf({ other: ['GET /label', 'POST /users/{user}'] }));
  const endpoint = (path: string, method = 'GET', givesWay = false) => ({ path, method, givesWay });
  const endpoints = [endpoint('/v2/{rest*}'), endpoint('/ping', '*'), endpoint('/health', 'GET', true)];
  rules.reserve([{ protocol: 'spoken', endpoints } as unknown as Parameters<RouteRules['reserve']>[0][number]]);

  it.each(['GET /Ping', 'GET /v2', 'GET /health', 'POST /health', 'POST /label', 'GET /users/a', 'POST /users'])(
    'may be %s, which nobody has',
    (text) => {
      expect(problem(rules, text)).toBeUndefined();
    },
  );

  it.each([
    ['GET /ping', "/ping is a path of the server's (spoken)"],
    ['DELETE /v2/mine', "GET /v2/{rest*} is a path of the server's (spoken)"],
  ])("may not be %s, which is the server's own", (text, owner) => {
    const subject = `Model "new" Version "2.0" cannot have the route ${text}`;
    const advice = "Choose another path in the section routes of the model's YAML file";
    expect(problem(rules, text)).toBe(`invalid_argument: ${subject}: ${owner}. ${advice}`);
  });

  it.each([
    ['GET /label', 'GET /label'],
    ['POST /users/me', 'POST /users/{user}'],
    ['POST /users/{id*}', 'POST /users/{user}'],
  ])('may not be %s, of which another model has a part', (text, theirs) => {
    expect(problem(rules, text)).toContain(
      `already_registered: Model "new" Version "2.0" cannot have the route ${text}: model "other" Version "1.0" has ${theirs} already.`,
    );
  });

  it('may be that of another version of its model', () => {
    expect(problem(rules, 'GET /label', 'other')).toBeUndefined();
  });
});
