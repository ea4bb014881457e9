/** Routes of handlers' own: served as predictions are, by the rules that tell them from all other paths. */
import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEXT, OTHER, ROUTED, ROUTES } from '../fixtures/routed-handler.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, put, remove, send, sendJson } from '../helpers/http.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

async function fill(store: string): Promise<void> {
  const add = (name: string, routes: string, version = '1.0') =>
    addArchive(store, { name, version, source: ROUTED, config: `batchSize: 4\n${routes}` });
  await add('routed', ROUTES);
  await add('next', NEXT, '2.0');
  await add('other', OTHER);
  await add('free', 'routes:\n  GET /other: health\n');
  await add('ping', 'routes:\n  GET /ping: health\n');
  await add('wide', 'routes:\n  GET /v2/models/routed: health\n');
  await add('broken', 'routes:\n  GET /broken: nowhere\n');
  await addArchive(store, {
    name: 'tea',
    source: "export const handle = (data) => data; export const tea = (data) => data.map(() => 'mint');",
    config: 'routes:\n  GET /mint: tea\n  POST /mint: handle\n',
  });
}

describe.each([1, 2])('with %i front ends, a route', (frontends) => {
  let daemon: Daemon;
  const at = (path: string) => `${daemon.inference}${path}`;
  const options = { config: { frontends } };

  beforeAll(async () => {
    daemon = await startDaemon({ ...options, fill });
    await registerModels(daemon, ['routed']);
  });

  afterAll(() => daemon?.close());

  it("is answered by the handler's function, and /health is kibae's no more", async () => {
    const health = await send(at('/health'));
    expect([health.status, health.headers.get('content-type'), health.json()]).toEqual([
      200,
      'application/json',
      { health: 'ok', version: '1.0' },
    ]);
    expect((await sendJson(at('/predict'), { data: 1 })).json()).toEqual({ handled: { data: 1 } });
    expect((await sendJson(at('/predictions/routed'), { data: 1 })).json()).toEqual({ handled: { data: 1 } });
  });

  it('tells the handler method, path, names, query, headers and body', async () => {
    const seen = await send(at('/users/a%20b%2Fc/items/7?q=1&q=%C3%A9&r'), { headers: { 'X-Mine': 'yes' } });
    expect(seen.json()).toEqual({
      route: 'GET /users/{user}/items/{item}',
      method: 'GET',
      path: '/users/a%20b%2Fc/items/7',
      params: { user: 'a b/c', item: '7' },
      query: [
        ['q', '1'],
        ['q', 'é'],
        ['r', ''],
      ],
      body: {},
      header: 'yes',
      names: [],
    });
    const bytes = await send(at('/users'), {
      method: 'POST',
      body: Buffer.from('raw'),
      headers: { 'content-type': 'application/x-mine' },
    });
    expect(bytes.json()).toMatchObject({ method: 'POST', params: {}, body: 'bytes:raw' });
    const form = await send(at('/users'), { method: 'POST', body: new URLSearchParams({ name: 'x', other: 'y' }) });
    expect(form.json()).toMatchObject({ body: { name: 'x', other: 'y' } });
    for (const method of ['PUT', 'PATCH']) {
      const changed = await send(at('/users/5'), {
        method,
        body: '{"a":[1]}',
        headers: { 'content-type': 'application/json' },
      });
      expect(changed.json()).toMatchObject({ route: `${method} /users/{user}`, method, body: { body: { a: [1] } } });
    }
    expect((await send(at('/files/a//b%2Fc/%zz'))).json()).toMatchObject({ params: { path: 'a//b%2Fc/%zz' } });
  });

  it('is the most specific one, whatever stands before it', async () => {
    expect((await send(at('/users/5/items/all'))).json()).toEqual({ health: 'ok', version: '1.0' });
    expect((await send(at('/users/5/items/ALL'))).json()).toMatchObject({ params: { item: 'ALL' } });
  });

  it('sets status, reason, headers and content type, and answers in parts', async () => {
    const tea = await fetch(at('/tea'));
    expect([
      tea.status,
      tea.statusText,
      tea.headers.get('x-kind'),
      tea.headers.get('content-type'),
      await tea.text(),
    ]).toEqual([418, 'short and stout', 'pot', 'text/x-tea', '<tea>']);
    expect((await send(at('/stream'))).text).toBe('abc');
  });

  it('shares batches with predictions and other routes, and each function has its own rows', async () => {
    const asked = Array.from({ length: 60 }, async (_, index) => {
      if (index % 3 === 0)
        return (await sendJson(at('/predictions/routed'), { data: index })).json<{ handled: unknown }>().handled;
      if (index % 3 === 1)
        return (await send(at(`/users/${index}/items/7`))).json<{ params: { user: string } }>().params.user;
      return (await sendJson(at('/predict'), { data: index })).json<{ handled: unknown }>().handled;
    });
    const expected = asked.map((_, index) => (index % 3 === 1 ? String(index) : { data: index }));
    expect(await Promise.all(asked)).toEqual(expected);
    const sizes = await Promise.all(Array.from({ length: 40 }, () => sendJson(at('/sizes'), 1)));
    const most = Math.max(...sizes.map(({ text }) => Number(text)));
    expect(most).toBeLessThanOrEqual(4);
  });

  it('fails in its own words', async () => {
    const refused = await remove(at('/users/5'));
    expect([refused.status, refused.json()]).toEqual([404, { error: 'no such user' }]);
    const upset = await send(at('/upset'));
    expect([upset.status, upset.json()]).toEqual([500, { error: 'Prediction failed: upset' }]);
    expect((await send(at('/few'))).status).toBe(500);
  });

  it.each([
    ['POST', '/health', 405, 'GET, HEAD'],
    ['OPTIONS', '/health', 405, 'GET, HEAD'],
    ['GET', '/predict', 405, 'POST'],
    ['GET', '/Health', 404, null],
    ['GET', '/health/x', 404, null],
    ['GET', '/users//items/7', 404, null],
    ['GET', '/users/%zz/items/7', 400, null],
    ['GET', '/healt.', 404, null],
    ['GET', '/%68ealth', 404, null],
    ['GET', '/files', 404, null],
    ['GET', '/next', 404, null],
  ])('does not take %s %s', async (method, path, status, allow) => {
    const answer = await send(at(path), { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([status, allow]);
  });

  it('takes slashes at the end, HEAD, and a path with dots only as it was resolved', async () => {
    expect((await send(at('/health//'))).json()).toEqual({ health: 'ok', version: '1.0' });
    const head = await send(at('/health'), { method: 'HEAD' });
    expect([head.status, head.text, Number(head.headers.get('content-length'))]).toEqual([200, '', 31]);
    const socket = await openConnection(daemon.inference);
    socket.end('GET /files/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    expect(await readUntil(socket)).toContain('"params":{"path":"../../etc/passwd"}');
  });

  it('is in the API description, the access log and the metrics', async () => {
    const { paths } = (await send(at('/api-description'))).json<{
      paths: Record<string, Record<string, { parameters: { name: string }[]; summary: string }>>;
    }>();
    expect(paths['/users/{user}/items/{item}']?.get?.parameters.map(({ name }) => name)).toEqual(['user', 'item']);
    expect(paths['/health']?.get?.summary).toBe('health of the model routed');
    expect(paths['/files/{path}']?.get).toBeDefined();
    expect((await send(`${daemon.metrics}/metrics`)).text).toMatch(
      /ts_inference_requests_total\{[^}]*model_name="routed"[^}]*\} [1-9]/,
    );
    await daemon.line('GET /tea');
  });

  it('is bounded as a prediction is', async () => {
    const large = await send(at('/predict'), { method: 'POST', body: Buffer.alloc(7_000_000) });
    expect([large.status, large.json<{ error: string }>().error]).toEqual([413, expect.stringContaining('6553500')]);
    const late = await send(at('/health'), { headers: { 'x-request-timeout-ms': 'soon' } });
    expect(late.status).toBe(400);
  });

  it('may not be a path of the server, or the route of another model', async () => {
    const register = (name: string) => post(`${daemon.management}/models?url=${name}.mar&initial_workers=1`);
    const ping = await register('ping');
    expect([ping.status, ping.text]).toEqual([
      400,
      expect.stringMatching(
        /Model \\"ping\\" Version \\"1.0\\" cannot have the route GET \/ping: .*\/ping is a path of the server's \(torchserve\)/,
      ),
    ]);
    expect((await register('wide')).text).toContain('/v2/models/{model_name} is a path of the server');
    const other = await register('other');
    expect([other.status, other.text]).toEqual([
      409,
      expect.stringMatching(
        /Model \\"other\\".*GET \/health: model \\"routed\\" Version \\"1.0\\" has GET \/health already/,
      ),
    ]);
    const broken = await register('broken');
    expect([broken.status, broken.text]).toEqual([
      500,
      expect.stringContaining('expected a function \\"nowhere\\" in the handler Routed'),
    ]);
    const names = (await send(`${daemon.management}/models`)).json<{ models: { modelName: string }[] }>().models;
    expect(names.map(({ modelName }) => modelName)).toEqual(['routed']);
    expect((await send(at('/broken'))).status).toBe(404);
    expect((await send(at('/ping'))).json()).toEqual({ status: 'Healthy' });
  });

  it('goes to a function of a module as well', async () => {
    await registerModels(daemon, ['tea']);
    expect((await send(at('/mint'))).text).toBe('mint');
    expect((await sendJson(at('/mint'), [1])).text).toContain('1');
    await remove(`${daemon.management}/models/tea`);
    expect((await send(at('/mint'))).status).toBe(404);
  });

  it('is the default version’s, on connections that are open already', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string) => statusOf(at(path), agent);
    expect([await ask('/health'), await ask('/next'), await ask('/tea')]).toEqual([200, 404, 418]);
    await registerModels(daemon, ['next'], 'model_name=routed');
    expect([await ask('/next'), await ask('/tea')]).toEqual([404, 418]);
    expect((await put(`${daemon.management}/models/routed/2.0/set-default`)).status).toBe(200);
    expect([await ask('/next'), await ask('/tea'), await ask('/health')]).toEqual([200, 404, 200]);
    expect((await send(at('/health'))).json()).toEqual({ health: 'ok', version: '2.0' });
    expect((await put(`${daemon.management}/models/routed/1.0/set-default`)).status).toBe(200);
    expect([await ask('/next'), await ask('/tea')]).toEqual([404, 418]);
    agent.destroy();
    expect((await remove(`${daemon.management}/models/routed/2.0`)).status).toBe(200);
  });

  it('is there after a restart, and gone with its model', async () => {
    await registerModels(daemon, ['free']);
    await daemon.end('SIGTERM');
    daemon = await startDaemon({ ...options, root: daemon.root });
    expect((await send(at('/other'))).json()).toEqual({ health: 'ok', version: '1.0' });
    expect((await remove(`${daemon.management}/models/routed`)).status).toBe(200);
    expect((await send(at('/health'))).text).toBe('OK');
    expect((await send(at('/tea'))).status).toBe(404);
    expect((await send(at('/other'))).status).toBe(200);
  });
});

async function statusOf(url: string, agent: Agent): Promise<number | undefined> {
  const [response] = (await once(request(url, { agent }).end(), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}
