import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ClientError } from '../client-error.ts';
import type { ClientOptions, ResponseHead } from '../client-options.ts';
import { freePort } from '../test-support/free-port.ts';
import { json, startServer, type Answer, type ScriptedServer } from '../test-support/scripted-server.ts';
import { RestCalls } from './rest-calls.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function serve(answer: Answer, options?: Parameters<typeof startServer>[1]): Promise<ScriptedServer> {
  const server = await startServer(answer, options);
  opened.push(server);
  return server;
}

function connect(hosts: string | readonly string[], options?: ClientOptions): RestCalls {
  const calls = new RestCalls(hosts, options);
  opened.push(calls);
  return calls;
}

/** A port where nobody listens. */
const unused = async () => `http://127.0.0.1:${await freePort()}`;

const GET = { method: 'GET', path: '/path' } as const;
const POST = { method: 'POST', path: '/path', body: '{}' } as const;
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error as ClientError,
  );

describe('an answer with an error', () => {
  it.each([
    [400, '{"error":"too few"}', 'too few'],
    [404, '{"code":404,"type":"ModelNotFoundException","message":"no such model"}', 'no such model'],
    [422, '{"detail":"not valid"}', 'not valid'],
    [500, '{"error_code":500,"error_message":"ONNX"}', 'ONNX'],
    [502, '<html>Bad Gateway</html>', '<html>Bad Gateway</html>'],
    [503, '', ''],
  ])('%i keeps its status, its text and its host', async (status, text, reason) => {
    const server = await serve((response) => response.writeHead(status, { 'retry-after': '3' }).end(text));
    const error = await failure(connect(server.url, { retries: 5 }).send(POST));
    expect(error).toMatchObject({ name: 'ClientError', kind: 'status', status, text, host: server.url });
    expect(error.message).toBe(`${server.url} answered ${status}${reason === '' ? '' : `: ${reason}`}`);
    expect(error.headers['retry-after']).toBe('3');
    expect(server.requests).toHaveLength(1);
  });

  it('keeps no more than 64 KB of its text', async () => {
    const server = await serve((response) => response.writeHead(500).end('x'.repeat(1_000_000)));
    expect((await failure(connect(server.url).send(POST))).text).toHaveLength(64 * 1024);
  });
});

describe('a connection that fails', () => {
  it('is tried again, and the error says why and where', async () => {
    const url = await unused();
    const error = await failure(connect(url, { retries: 1 }).send(POST));
    expect(error).toMatchObject({ kind: 'connection', host: url, isRetryable: true });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('is tried until the server is there', async () => {
    const port = await freePort();
    const answer = connect(`127.0.0.1:${port}`, { retries: 100 }).send(POST);
    await serve(json({ here: true }), { port });
    expect(new TextDecoder().decode((await answer).bytes)).toBe('{"here":true}');
  });

  it('says that a name has no address', async () => {
    const error = await failure(connect('http://no-such-host.invalid', { retries: 0 }).send(GET));
    expect(error).toMatchObject({ kind: 'connection', host: 'http://no-such-host.invalid' });
    expect(error.message).toMatch(/ENOTFOUND|EAI_AGAIN/);
  });

  it('is not waited for beyond the time of the call', async () => {
    const error = await failure(connect(await unused(), { retries: 1e6, timeoutMs: 300 }).send(POST));
    expect(['connection', 'timeout']).toContain(error.kind);
  });

  it('that breaks behind a request sends nothing twice', async () => {
    const server = await serve((response) => response.destroy());
    expect(await failure(connect(server.url).send(POST))).toMatchObject({ kind: 'connection', isRetryable: false });
    expect(server.requests).toEqual(['POST /path']);
  });

  it('that breaks behind a question asks again', async () => {
    const server = await serve((response, request) => {
      if (server.requests.length < 3) request.socket.destroy();
      else response.end('there');
    });
    expect((await connect(server.url).send(GET)).status).toBe(200);
    expect(server.requests).toHaveLength(3);
  });

  it('in the middle of an answer is an error', async () => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setImmediate(() => response.destroy());
    });
    expect(await failure(connect(server.url).send(POST))).toMatchObject({ kind: 'connection', host: server.url });
  });

  it('to what speaks no HTTP is an error', async () => {
    const server = await serve((_, { socket }) => socket.end('garbage\r\n\r\n'));
    expect(await failure(connect(server.url).send(POST))).toMatchObject({ kind: 'connection', host: server.url });
  });
});

describe('several hosts', () => {
  it('are used in turn', async () => {
    const servers = [await serve(json('a')), await serve(json('b')), await serve(json('c'))];
    const calls = connect(servers.map(({ url }) => url).join(','));
    for (let count = 0; count < 6; count += 1) await calls.send(POST);
    expect(servers.map(({ requests }) => requests.length)).toEqual([2, 2, 2]);
  });

  it('stand in for one that does not connect, without a retry', async () => {
    const dead = await unused();
    const server = await serve(json('a'));
    const calls = connect([dead, server.url], { retries: 0 });
    for (let count = 0; count < 4; count += 1) expect((await calls.send(POST)).host).toBe(server.url);
  });

  it('do not stand in for one that answers with an error', async () => {
    const bad = await serve(json({ error: 'no' }, 500));
    const good = await serve(json('a'));
    const calls = connect([bad.url, good.url]);
    expect(await failure(calls.send(POST))).toMatchObject({ status: 500, host: bad.url });
    expect(good.requests).toEqual([]);
  });

  it('are the addresses of a name', async () => {
    const server = await serve(json('a'));
    const calls = connect(`http://localhost:${server.port}`);
    expect((await calls.send(POST)).host).toBe(`http://localhost:${server.port}`);
    expect(server.headers().host).toBe(`localhost:${server.port}`);
  });
});

/** Up to the end of a test: what comes over a connection takes its time on a busy machine. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('the time of a call', () => {
  it('ends it, and is told to the server', async () => {
    stopClock();
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const server = await serve(() => arrive());
    const end = failure(connect(server.url, { timeoutMs: 200 }).send(POST));
    await arrived;
    vi.advanceTimersByTime(200);
    expect(await end).toMatchObject({
      kind: 'timeout',
      host: server.url,
      message: `No answer from ${server.url} within 200 ms`,
    });
    expect(server.headers()['x-request-timeout-ms']).toBe('200');
    expect(server.requests).toHaveLength(1);
  });

  it('ends an answer that does not end', async () => {
    const server = await serve((response) => response.writeHead(200).write('and so on'));
    expect(await failure(connect(server.url).send(POST, { timeoutMs: 200 }))).toMatchObject({ kind: 'timeout' });
    stopClock();
    const parts = connect(server.url, { timeoutMs: 200 }).stream(POST);
    expect(new TextDecoder().decode((await parts.next()).value ?? undefined)).toBe('and so on');
    const end = failure(parts.next());
    vi.advanceTimersByTime(200);
    expect(await end).toMatchObject({ kind: 'timeout' });
  });

  it('can be without end', async () => {
    const server = await serve(json('a'));
    await connect(server.url).send(POST, { timeoutMs: 0 });
    expect(server.headers()).not.toHaveProperty('x-request-timeout-ms');
  });

  it('ends with the signal of the caller, before and behind the answer’s head', async () => {
    const server = await serve((response) => response.writeHead(200).write('x'));
    const controller = new AbortController();
    const { signal } = controller;
    const onResponse = () => controller.abort(new Error('enough'));
    const error = await failure(connect(server.url).send(POST, { signal, onResponse }));
    expect(error).toMatchObject({ kind: 'aborted', cause: expect.objectContaining({ message: 'enough' }) });
    expect(await failure(connect(server.url).send(POST, { signal }))).toMatchObject({ kind: 'aborted' });
    expect(server.requests).toHaveLength(1);
  });
});

it('an answer of more bytes than wanted is an error', async () => {
  const whole = await serve((response) => response.end('x'.repeat(2000)));
  const chunked = await serve((response) => {
    response.write('x'.repeat(1000));
    response.end('x'.repeat(1000));
  });
  for (const { url } of [whole, chunked]) {
    expect(await failure(connect(url, { maxResponseBytes: 1999 }).send(POST))).toMatchObject({ kind: 'answer' });
    expect((await connect(url, { maxResponseBytes: 2000 }).send(POST)).bytes).toHaveLength(2000);
  }
});

it('headers are those of the client, the allow-list and the call', async () => {
  const server = await serve(json('a'));
  const calls = connect(`${server.url}/prefix/`, {
    headers: { Authorization: 'own', 'x-own': '1' },
    forwardHeaders: ['X-Tenant', 'x-team-*'],
  });
  const forward = {
    Authorization: 'Bearer theirs',
    'X-B3-TraceId': 'b3',
    traceparent: '00-1',
    TraceState: 'a=1',
    'X-Request-Id': 'id',
    'x-tenant': 'blue',
    'X-Team-Name': ['a', 'b'],
    cookie: 'secret',
    'content-length': '1000',
    host: 'elsewhere',
  };
  await calls.send(POST, { forward, headers: { 'X-Request-ID': 'call' } });
  expect(server.requests).toEqual(['POST /prefix/path']);
  expect(server.headers()).toMatchObject({
    authorization: 'Bearer theirs',
    'x-own': '1',
    'x-b3-traceid': 'b3',
    traceparent: '00-1',
    tracestate: 'a=1',
    'x-request-id': 'call',
    'x-tenant': 'blue',
    'x-team-name': 'a, b',
    host: new URL(server.url).host,
  });
  expect(server.headers()).not.toHaveProperty('cookie');
});

it('connections are kept', async () => {
  const ports = new Set<number>();
  const server = await serve((response, { socket }) => {
    ports.add(socket.remotePort ?? 0);
    response.end('a');
  });
  const calls = connect(server.url);
  for (let count = 0; count < 50; count += 1) await calls.send(POST);
  // A second one is opened when a request follows before the first is free again.
  expect(ports.size).toBeLessThanOrEqual(2);
});

describe('an answer that is not wanted', () => {
  const named = (name: string) => json({ name }, 200);

  it('leaves its host out, and others are asked', async () => {
    const [wrong, right] = [await serve(named('wrong')), await serve(named('right'))];
    const calls = connect([wrong.url, right.url]);
    const refuse = ({ host }: ResponseHead) => (host === wrong.url ? 'it is the wrong one' : undefined);
    for (let count = 0; count < 4; count += 1) expect((await calls.send(POST, { refuse })).host).toBe(right.url);
    expect((await calls.hosts()).map(({ url }) => url)).toEqual([wrong.url, right.url]);
  });

  it('is an error with its text where there are no others', async () => {
    const wrong = await serve(named('wrong'));
    const error = await failure(connect(wrong.url).send(POST, { refuse: () => 'it is the wrong one' }));
    expect(error).toMatchObject({ kind: 'refused', host: wrong.url });
    expect(error.message).toBe(`${wrong.url}: it is the wrong one`);
    expect(wrong.requests).toHaveLength(1);
  });

  it('nor is that of a host that was not named', async () => {
    const [one, other] = [await serve(named('one')), await serve(named('other'))];
    const calls = connect([one.url, other.url]);
    const [, host] = await calls.hosts();
    for (let count = 0; count < 3; count += 1) expect((await calls.send(POST, { host })).host).toBe(other.url);
    expect(one.requests).toEqual([]);
  });
});
