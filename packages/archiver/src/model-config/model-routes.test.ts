import { describe, expect, it } from 'vitest';
import { ModelConfigError, readModelConfig } from './read-model-config.ts';
import { modelRoutes } from './model-routes.ts';

/** The routes of a file, or what is wrong with them. */
function read(yaml: string): unknown {
  try {
    return modelRoutes(readModelConfig(yaml).keys.routes);
  } catch (error) {
    if (error instanceof ModelConfigError) return error.message;
    throw error;
  }
}

const route = (line: string) => read(`routes:\n  ${line}`);

describe('routes of a handler', () => {
  it('have a method, a path and a function', () => {
    const routes = [
      'GET /health: health',
      'POST /predict/label: predictLabel',
      "PUT /a-b_c.d~1/(x)!$&'+,;=@: $set",
      'GET /users/{user}/items/{item}: item',
      'DELETE /files/{path*}: _remove',
      'PATCH /files/{path*}: _remove',
      'GET /files/all: list',
      'POST /: root',
    ];
    expect(read(`routes:\n  ${routes.join('\n  ')}`)).toEqual(
      routes.map((line) => {
        const [, method, path, handlerFunction] = /^(\S+) (\S+): (\S+)$/.exec(line) ?? [];
        return { method, path, handlerFunction };
      }),
    );
    expect(read('batchSize: 1')).toEqual([]);
    expect(read('routes:')).toEqual([]);
    expect(read('routes: {}')).toEqual([]);
  });

  it.each([
    ['get /health: f', 'expected GET, POST, PUT, PATCH, DELETE, then a space and a path with a slash'],
    ['HEAD /health: f', 'expected GET, POST'],
    ['OPTIONS /health: f', 'expected GET, POST'],
    ['"* /health": f', 'expected GET, POST'],
    ['/health: f', 'expected GET, POST'],
    ['GET health: f', 'expected GET, POST'],
    ['GET  /health: f', 'expected GET, POST'],
    ['GET http://host/health: f', 'expected GET, POST'],
    ['GET /health/: f', 'expected no slash at the end'],
    ['GET //health: f', 'expected segments of letters'],
    ['GET /a//b: f', 'expected segments of letters'],
    ['GET /a/../b: f', 'expected no "..", which stands for another folder'],
    ['GET /./a: f', 'expected no ".", which stands for another folder'],
    ['GET /a/%2e%2e/b: f', 'expected segments of letters'],
    ['GET /caf\u00e9: f', 'expected segments of letters'],
    ['GET /a b: f', 'expected segments of letters'],
    ['GET /a?b=1: f', 'expected segments of letters'],
    ['"GET /a#b": f', 'expected segments of letters'],
    ['GET /a\\d+: f', 'expected segments of letters'],
    ['GET /(a+)+$/[x]: f', 'expected segments of letters'],
    ['GET /a/*: f', 'expected segments of letters'],
    ['GET /a/{x}.json: f', 'expected segments of letters, digits'],
    ['GET /a/{}: f', 'expected segments of letters'],
    ['GET /a/{x: f', 'expected segments of letters'],
    ['GET /a/{__proto__}: f', 'expected segments of letters'],
    ['GET /{x}: f', 'expected a first segment without a name, came "{x}"'],
    ['GET /{x*}: f', 'expected a first segment without a name'],
    ['GET /a/{x*}/b: f', 'expected {x*} at the end only'],
    ['GET /a/{x}/{x}: f', 'expected each name once, came {x} twice'],
    [`GET /${'a'.repeat(256)}: f`, 'expected a path of 256 characters at most, came 257'],
    ['GET /a: 1', "expected the name of one of the handler's functions, came 1"],
    ['GET /a: two words', "expected the name of one of the handler's functions"],
    ['GET /a: constructor', "expected the name of one of the handler's functions"],
    ['GET /a: toString', "expected the name of one of the handler's functions"],
    ['GET /a: __proto__', "expected the name of one of the handler's functions"],
    ['GET /a: [f]', "expected the name of one of the handler's functions"],
  ])('are no %s', (line, problem) => {
    expect(route(line)).toContain(problem);
  });

  it('are one for each method and path, whatever the names in it are called', () => {
    expect(read('routes:\n  GET /a/{x}: f\n  GET /a/{y}: g')).toBe(
      'routes: "GET /a/{y}": expected another path, "GET /a/{x}" takes the same requests',
    );
    expect(read('routes:\n  GET /a: f\n  GET /a: g')).toContain('duplicated mapping key');
    expect(read('routes:\n  GET /a/{x}: f\n  POST /a/{x}: f\n  GET /a/{x*}: f\n  GET /A/{x}: f')).toHaveLength(4);
  });

  it('are a mapping, and not too many', () => {
    expect(read('routes: [GET /a]')).toContain('expected a mapping of routes to functions, came ["GET /a"]');
    expect(read('routes: GET /a')).toContain('expected a mapping');
    const many = Array.from({ length: 101 }, (_, index) => `\n  GET /a${index}: f`).join('');
    expect(read(`routes:${many}`)).toContain('expected 100 routes at most, came 101');
  });
});
