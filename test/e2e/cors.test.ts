/** What browsers ask before a page's request to another origin, and what is said of methods that a path does not take. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

const ORIGIN = 'https://page.example';
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Asks with headers that `fetch` keeps for browsers. */
async function ask(url: string, method: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  const { origin, host, pathname } = new URL(url);
  const socket = await openConnection(origin);
  const lines = Object.entries({ Host: host, ...headers, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`${[`${method} ${pathname} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
  const [head = '', text = ''] = (await readUntil(socket)).split('\r\n\r\n');
  socket.destroy();
  const [first = '', ...rest] = head.split('\r\n');
  const named = rest.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]);
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(named) as Record<string, string>, text };
}

/** As a browser does for a page of the origin. */
const preflight = (url: string, method: string, origin = ORIGIN, more: Readonly<Record<string, string>> = {}) =>
  ask(url, 'OPTIONS', {
    Origin: origin,
    'Sec-Fetch-Site': 'cross-site',
    'Access-Control-Request-Method': method,
    ...more,
  });

describe('a preflight', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = await startDaemon({
      config: { cors_allowed_origin: ORIGIN, disable_token_authorization: false },
      fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
    });
  });
  afterAll(() => daemon.close());

  it('is allowed what its path takes, and the headers that it asks for, without a token', async () => {
    const asked = { 'Access-Control-Request-Headers': 'authorization,content-type' };
    const { status, headers, text } = await preflight(
      `${daemon.inference}/v2/models/echo/infer`,
      'POST',
      ORIGIN,
      asked,
    );
    expect([status, text]).toEqual([204, '']);
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization,content-type',
      vary: 'access-control-request-headers',
    });
    expect(headers).not.toHaveProperty('content-length');
    // The request itself needs one.
    expect((await ask(`${daemon.inference}/v2/models/echo/infer`, 'POST', { Origin: ORIGIN })).status).toBe(401);
  });

  it('is answered on every path, also where OPTIONS is something else, or nothing', async () => {
    for (const [address, path, methods] of [
      ['inference', '/predictions/echo', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
      ['inference', '/v1/models/echo:predict', 'POST'],
      ['inference', '/ping', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
      ['management', '/models', 'GET, HEAD, POST'],
      ['management', '/models/echo', 'GET, HEAD, PUT, DELETE, OPTIONS'],
    ] as const) {
      const { status, headers } = await preflight(`${daemon[address]}${path}`, 'GET');
      expect([path, status, headers['access-control-allow-methods']]).toEqual([path, 204, methods]);
    }
  });

  it('fails where the request would: on a path that nobody knows, and of an origin that may not manage models', async () => {
    expect((await preflight(`${daemon.inference}/nowhere`, 'GET')).status).toBe(404);
    expect((await preflight(`${daemon.management}/models`, 'GET', 'https://evil.example')).status).toBe(403);
  });

  it('is not every OPTIONS', async () => {
    const described = await ask(`${daemon.inference}/`, 'OPTIONS', { Origin: ORIGIN });
    expect([described.status, described.text]).toEqual([200, expect.stringContaining('openapi')]);
  });
});

describe('a preflight where the configuration says what is allowed', () => {
  it('is told that', async () => {
    const config = { cors_allowed_origin: '*', cors_allowed_methods: 'GET, POST', cors_allowed_headers: 'X-One' };
    const daemon = await startDaemon({ config });
    try {
      const { status, headers } = await preflight(`${daemon.inference}/predictions/echo`, 'PUT');
      expect(status).toBe(204);
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'X-One',
      });
    } finally {
      await daemon.close();
    }
  });
});

describe('a server that is told of no origin', () => {
  let daemon: Daemon;
  beforeAll(async () => {
    daemon = await startDaemon();
  });
  afterAll(() => daemon.close());

  it('takes a preflight for any other request', async () => {
    const { status, headers } = await preflight(`${daemon.inference}/v1/models/echo:predict`, 'POST');
    expect([status, headers['access-control-allow-methods'], headers.allow]).toEqual([405, undefined, 'POST']);
  });

  it.each(['inference', 'management', 'metrics'] as const)(
    'says at each path which methods it takes instead (%s)',
    async (name) => {
      const { paths } = JSON.parse((await ask(`${daemon[name]}/api-description`, 'GET')).text) as {
        paths: Record<string, unknown>;
      };
      for (const path of Object.keys(paths)) {
        const url = daemon[name] + path.replaceAll(/\{[^}]*\}/g, 'none');
        for (const method of [...METHODS, 'PROPFIND']) {
          const { status, headers } = await ask(url, method);
          if (status !== 405) expect([method, path, headers.allow]).toEqual([method, path, undefined]);
          else {
            const allowed = (headers.allow ?? '').split(', ');
            expect(METHODS).toEqual(expect.arrayContaining(allowed));
            expect(allowed).not.toContain(method);
            for (const other of allowed)
              expect([other, path, (await ask(url, other)).status]).not.toEqual([other, path, 405]);
          }
        }
      }
    },
  );
});
