import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive, ECHO } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, put, send, sendJson } from '../helpers/http.ts';

/** Answers a description of what it sees. */
const MIRROR = `
  export default class Mirror {
    handle(data, context) {
      return data.map((row, index) => ({
        row: Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Buffer.isBuffer(value) ? 'bytes:' + value : value])),
        id: context.getRequestId(index),
        shout: context.getRequestHeader(index, 'X-ShOuT') ?? null,
        path: context.getRequestHeader(index, 'url_path'),
      }));
    }
    explain(data) {
      return data.map(() => 'because');
    }
  }
`;

/** Does what the request tells it to. */
const OBEDIENT = `
  import { PredictionError } from '@marserve/handlers';
  export default class Obedient {
    handle(data, context) {
      console.log('a line on stdout');
      console.error('a line on stderr');
      if (data.some(({ body }) => body === 'throw')) throw new Error('the handler is upset');
      if (data.some(({ body }) => body === 'exit')) process.exit(3);
      if (data.some(({ body }) => body === 'short')) return [];
      if (data.some(({ body }) => body === 'no array')) return 'x';
      if (data.some(({ body }) => body === 'hang')) return new Promise(() => {});
      if (data.some(({ body }) => body === 'block')) { const end = Date.now() + 2000; while (Date.now() < end); }
      return data.map(({ body }, row) => answer(body, row, context));
    }
  }
  function answer(body, row, context) {
    if (body === 'refuse') return new PredictionError('no such animal', 422);
    if (body === 'fail') return new Error('this row is bad');
    if (body === 'undefined') return undefined;
    if (body === 'bytes') return Buffer.from([1, 2, 3]);
    if (body === 'large') return 'x'.repeat(10_000_000);
    if (body === 'tensor') return { type: 'int64', shape: [2], data: BigInt64Array.of(9007199254740993n, 1n) };
    if (body === 'teapot') {
      context.setResponseStatus(418, 'short and stout', row);
      context.setResponseHeader(row, 'x-kind', 'pot');
      context.setResponseContentType(row, 'text/x-tea');
    }
    return 'answer to ' + body;
  }
`;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { default_response_timeout: 1 },
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'mirror', source: MIRROR });
      await addArchive(store, { name: 'obedient', source: OBEDIENT });
      await addArchive(store, {
        name: 'matmul',
        model: matMulModel({
          weights: [
            [1, 0],
            [0, 1],
            [1, 1],
          ],
        }),
      });
    },
  });
  for (const name of ['echo', 'mirror', 'obedient', 'matmul']) {
    const response = name === 'obedient' ? '&response_timeout=30' : '';
    const { status, text } = await post(`${daemon.management}/models?url=${name}.mar&initial_workers=1${response}`);
    expect(text, text).toContain('registered with 1 initial workers');
    expect(status).toBe(200);
  }
});

afterAll(() => daemon.close());

const predictions = (name: string) => `${daemon.inference}/predictions/${name}`;
const text = (name: string, body: string) =>
  send(predictions(name), { method: 'POST', body, headers: { 'content-type': 'text/plain' } });

describe('a request becomes a row', () => {
  it('with the body parsed when it is JSON', async () => {
    const answer = await sendJson(predictions('echo'), { a: [1, 2.5, null] });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.json()).toEqual({ a: [1, 2.5, null] });
  });

  it('with the body as text, or as bytes', async () => {
    expect((await text('mirror', 'größe')).json()).toMatchObject({ row: { body: 'größe' } });
    const bytes = await send(predictions('mirror'), { method: 'PUT', body: Buffer.from('raw') });
    expect(bytes.json()).toMatchObject({ row: { body: 'bytes:raw' } });
  });

  it('with integers beyond 2^53 exact', async () => {
    expect((await sendJson(predictions('echo'), '[9007199254740993, -18446744073709551615]')).text).toBe(
      '[9007199254740993,-18446744073709551615]',
    );
  });

  it('with JSON that does not parse as bytes', async () => {
    expect((await sendJson(predictions('mirror'), '{"a": NaN}')).json()).toMatchObject({
      row: { body: 'bytes:{"a": NaN}' },
    });
  });

  it('with the fields of a multipart form by name', async () => {
    const form = new FormData();
    form.set('plain', 'text');
    form.set('json', new Blob(['{"a":1}'], { type: 'application/json' }));
    form.set('data', new Blob(['xyz'], { type: 'image/png' }), 'x.png');
    const answer = await send(predictions('mirror'), { method: 'POST', body: form });
    expect(answer.json()).toMatchObject({ row: { plain: 'text', json: { a: 1 }, data: 'bytes:xyz' } });
  });

  it('with the fields of an urlencoded form by name', async () => {
    const body = new URLSearchParams({ data: 'a b', other: 'ä' });
    const answer = await send(predictions('mirror'), { method: 'POST', body });
    expect(answer.json()).toMatchObject({ row: { data: 'a b', other: 'ä' } });
  });

  it('with its headers in the client’s spelling and the rest of the path', async () => {
    const answer = await sendJson(`${predictions('mirror')}/1.0/some/where`, 1, { 'X-ShOuT': 'HEY' });
    expect(answer.json()).toMatchObject({ shout: 'HEY', path: 'some/where' });
  });
});

describe('a result becomes an answer', () => {
  it('with the content type of what it is', async () => {
    const plain = await text('obedient', 'a question');
    expect([plain.text, plain.headers.get('content-type')]).toEqual([
      'answer to a question',
      'text/plain; charset=utf-8',
    ]);
    const bytes = await text('obedient', 'bytes');
    expect([bytes.text, bytes.headers.get('content-type')]).toEqual(['\u0001\u0002\u0003', 'application/octet-stream']);
    expect((await text('obedient', 'tensor')).text).toBe('[9007199254740993,1]');
  });

  it('with the status and headers that the handler set', async () => {
    const answer = await text('obedient', 'teapot');
    expect(answer.status).toBe(418);
    expect(answer.headers.get('x-kind')).toBe('pot');
    expect(answer.headers.get('content-type')).toBe('text/x-tea');
    expect(answer.text).toBe('answer to teapot');
  });

  it('from a model that needs no code', async () => {
    expect((await sendJson(predictions('matmul'), [1, 2, 3])).json()).toEqual([4, 5]);
    expect((await sendJson(predictions('matmul'), { x: [[1, 2, 3]] })).json()).toEqual([[4, 5]]);
  });
});

describe('every reply', () => {
  it('carries the request id of the client when it is a valid one', async () => {
    const answer = await sendJson(predictions('mirror'), 1, { 'x-request-id': 'order-66' });
    expect(answer.headers.get('x-request-id')).toBe('order-66');
    expect(answer.json()).toMatchObject({ id: 'order-66' });
  });

  it('carries a new one otherwise, also when it is an error', async () => {
    const uuid = /^[0-9a-f-]{36}$/;
    expect(
      (await sendJson(predictions('mirror'), 1, { 'x-request-id': 'no spaces!' })).headers.get('x-request-id'),
    ).toMatch(uuid);
    expect((await sendJson(predictions('nobody'), 1)).headers.get('x-request-id')).toMatch(uuid);
    expect((await send(`${daemon.inference}/nowhere`)).headers.get('x-request-id')).toMatch(uuid);
  });

  it('forbids caches', async () => {
    expect((await sendJson(predictions('echo'), 1)).headers.get('cache-control')).toContain('no-store');
  });
});

describe('what goes wrong', () => {
  it('in a handler that throws: the cause is in the answer, and the stack in the log', async () => {
    const answer = await text('obedient', 'throw');
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual({
      code: 503,
      type: 'InternalServerException',
      message: 'Prediction failed: the handler is upset',
    });
    await daemon.line('handler.ts');
  });

  it('in one row alone', async () => {
    const refused = await text('obedient', 'refuse');
    expect(refused.status).toBe(422);
    expect(refused.json()).toMatchObject({ code: 422, message: 'no such animal' });
    expect((await text('obedient', 'fail')).json()).toMatchObject({
      code: 503,
      message: 'Prediction failed: this row is bad',
    });
  });

  it('in a handler that breaks its contract', async () => {
    expect((await text('obedient', 'short')).json()).toMatchObject({
      code: 503,
      message: expect.stringMatching(/0 results.*1/) as string,
    });
    expect((await text('obedient', 'no array')).json()).toMatchObject({
      code: 503,
      message: expect.stringContaining('array') as string,
    });
    expect((await text('obedient', 'undefined')).json()).toMatchObject({
      code: 503,
      message: expect.stringContaining('undefined') as string,
    });
  });

  it('in a process that ends: its jobs are answered, and another takes over', async () => {
    const answer = await text('obedient', 'exit');
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({
      message: expect.stringMatching(/^Worker died: its process exited with code 3/) as string,
    });
    expect((await text('obedient', 'again')).text).toBe('answer to again');
  });

  it('in a handler that never answers: it is ended after the response timeout', async () => {
    await addArchive(daemon.store, { name: 'hanging', source: OBEDIENT });
    await post(`${daemon.management}/models?url=hanging.mar&initial_workers=1&response_timeout=1`);
    const answer = await text('hanging', 'hang');
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({
      message: expect.stringContaining('no answer within 1 s (response_timeout)') as string,
    });
    expect((await text('hanging', 'again')).text).toBe('answer to again');
  });

  it('in an answer over the limit', async () => {
    const answer = await text('obedient', 'large');
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ message: expect.stringContaining('max_response_size') as string });
    expect((await text('obedient', 'again')).status).toBe(200);
  });
});

describe('the model that is asked for', () => {
  it('must be registered, in that version', async () => {
    const unknown = await text('nobody', 'x');
    expect(unknown.status).toBe(404);
    expect(unknown.json()).toEqual({ code: 404, type: 'ModelNotFoundException', message: 'Model not found: nobody' });
    const version = await text('echo/9.9', 'x');
    expect(version.status).toBe(404);
    expect(version.json()).toMatchObject({
      type: 'ModelVersionNotFoundException',
      message: 'Model version: 9.9 does not exist for model: echo',
    });
  });

  it('must have a worker', async () => {
    await addArchive(daemon.store, { name: 'idle', source: ECHO });
    await post(`${daemon.management}/models?url=idle.mar`);
    const answer = await text('idle', 'x');
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({
      type: 'ServiceUnavailableException',
      message: expect.stringContaining('has no worker') as string,
    });
  });

  it('explains when its handler can', async () => {
    expect((await sendJson(`${daemon.inference}/explanations/mirror`, 1)).text).toBe('because');
    expect((await sendJson(`${daemon.inference}/explanations/mirror/1.0`, 1)).text).toBe('because');
    const answer = await sendJson(`${daemon.inference}/explanations/echo`, 1);
    expect(answer.status).toBe(501);
    expect(answer.json()).toMatchObject({ code: 501, message: expect.stringContaining('explain') as string });
  });
});

describe('a full queue', () => {
  it('refuses at once, says so and when to try again', async () => {
    await addArchive(daemon.store, { name: 'narrow', source: OBEDIENT, config: 'jobQueueSize: 1\n' });
    await post(`${daemon.management}/models?url=narrow.mar&initial_workers=1&response_timeout=30`);
    const answers = await Promise.all(['block', 'a', 'b', 'c', 'd'].map((body) => text('narrow', body)));
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused).toHaveLength(3);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.json()).toMatchObject({
      message: expect.stringMatching(/busy: 1 requests are waiting.*job_queue_size/) as string,
    });
  });
});

describe('the daemon', () => {
  it('answers pings while a handler blocks its worker for two seconds', async () => {
    const blocked = text('obedient', 'block');
    let slowest = 0;
    let done = false;
    void blocked.finally(() => {
      done = true;
    });
    let pings = 0;
    while (!done) {
      const startedAt = performance.now();
      expect((await send(`${daemon.inference}/ping`)).json()).toEqual({ status: 'Healthy' });
      slowest = Math.max(slowest, performance.now() - startedAt);
      pings += 1;
    }
    expect((await blocked).status).toBe(200);
    expect(pings).toBeGreaterThan(20);
    expect(slowest).toBeLessThan(1000);
  });

  it('turns what handlers print into lines of its log, with model, version and worker', async () => {
    await text('obedient', 'x');
    const line = JSON.parse(await daemon.line('a line on stdout')) as Record<string, unknown>;
    expect(line).toMatchObject({ model: 'obedient', version: '1.0', worker: expect.stringMatching(/^\d+$/) as string });
    await daemon.line('a line on stderr');
  });

  it('writes an access log with the request id', async () => {
    await sendJson(predictions('echo'), 1, { 'x-request-id': 'find-me-in-the-log' });
    expect(JSON.parse(await daemon.line('find-me-in-the-log'))).toMatchObject({ status: 200, method: 'POST' });
  });

  it('knows unknown paths and methods', async () => {
    expect((await send(`${daemon.inference}/nowhere`)).json()).toEqual({
      code: 404,
      type: 'ResourceNotFoundException',
      message: 'Requested resource is not found, please refer to API document.',
    });
    const method = await put(`${daemon.management}/models`);
    expect(method.status).toBe(405);
    expect(method.json()).toMatchObject({ type: 'MethodNotAllowedException' });
    expect((await send(`${daemon.inference}/predictions`)).status).toBe(404);
    expect((await send(`${daemon.inference}/pre%dictions`)).status).toBe(400);
  });
});

describe('a body over the limit', () => {
  it('is refused by its declared length before it is sent', async () => {
    const { hostname, port } = new URL(daemon.inference);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write('POST /predictions/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n');
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString()).toMatch(/^HTTP\/1.1 413 [\s\S]*99999999 bytes; max_request_size allows 6553500/);
    socket.destroy();
  });

  it('is refused while it is being sent when it declares none', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let chunk = 0; chunk < 80; chunk += 1) controller.enqueue(new Uint8Array(100_000));
        controller.close();
      },
    });
    const answer = await send(predictions('echo'), { method: 'POST', body, duplex: 'half' } as RequestInit);
    expect(answer.status).toBe(413);
  });

  it('is refused as a form too', async () => {
    const form = new FormData();
    form.set('data', new Blob([new Uint8Array(7_000_000)]));
    expect((await send(predictions('echo'), { method: 'POST', body: form })).status).toBe(413);
  });
});

describe('a client that goes away', () => {
  it('while it uploads, or while it waits, leaves the daemon serving', async () => {
    const { hostname, port } = new URL(daemon.inference);
    const uploading = connect(Number(port), hostname);
    await once(uploading, 'connect');
    uploading.write('POST /predictions/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf a bo');
    uploading.destroy();
    await once(uploading, 'close');

    const blocked = text('obedient', 'block');
    const waiting = AbortSignal.timeout(200);
    await expect(
      fetch(predictions('obedient'), { method: 'POST', body: 'never mind', signal: waiting }),
    ).rejects.toThrow();
    expect((await blocked).status).toBe(200);
    expect((await text('obedient', 'still there?')).text).toBe('answer to still there?');
  });
});

describe('the API description', () => {
  it('tells of exactly the routes there are', async () => {
    const options = await send(`${daemon.inference}/`, { method: 'OPTIONS' });
    const described = await send(`${daemon.inference}/api-description`);
    expect(described.json()).toEqual(options.json());
    const { openapi, paths } = options.json<{ openapi: string; paths: Record<string, unknown> }>();
    expect(openapi).toBe('3.0.1');
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/predictions/{model_name}', '/ping', '/api-description', '/']),
    );
    for (const path of Object.keys(paths)) {
      const real = path
        .replace(/\{model_name\}/, 'echo')
        .replace(/\{model_version\}/, '1.0')
        .replace(/\{\w+\}/, 'x');
      expect((await send(daemon.inference + real, { method: 'POST', body: 'x' })).status, path).not.toBe(404);
    }
  });

  it('tells of one model', async () => {
    const { paths } = (await send(predictions('echo'), { method: 'OPTIONS' })).json<{ paths: object }>();
    expect(Object.keys(paths)).toEqual(['/predictions/echo']);
    expect((await send(predictions('nobody'), { method: 'OPTIONS' })).status).toBe(404);
  });
});
