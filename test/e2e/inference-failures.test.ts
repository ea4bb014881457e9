import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO, OBEDIENT } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import { post, put, send, sendJson } from '../helpers/http.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'obedient', source: OBEDIENT });
      await addArchive(store, { name: 'gate', source: GATE });
    },
  });
  await registerModels(daemon, ['echo', 'obedient', 'gate']);
});

afterAll(() => daemon.close());

const predictions = (name: string) => `${daemon.inference}/predictions/${name}`;
const text = (name: string, body: string) =>
  send(predictions(name), { method: 'POST', body, headers: { 'content-type': 'text/plain' } });

describe('what goes wrong', () => {
  it('in a handler that throws: the cause is in the answer, and the stack in the log', async () => {
    const answer = await send(predictions('obedient'), {
      method: 'POST',
      body: 'throw',
      headers: { 'content-type': 'text/plain', 'x-request-id': 'the-unlucky-one' },
    });
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual({
      code: 503,
      type: 'InternalServerException',
      message: 'Prediction failed: the handler is upset',
    });
    expect(JSON.parse(await daemon.line('handler.ts'))).toMatchObject({
      requestId: 'the-unlucky-one',
      stack: expect.stringContaining('the handler is upset') as string,
    });
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
    expect(await daemon.line('a batch failed')).toContain(answer.headers.get('x-request-id'));
  });

  it('in a handler that never answers: it is ended after the response timeout', async () => {
    await addArchive(daemon.store, { name: 'hanging', source: OBEDIENT });
    await registerModels(daemon, ['hanging'], 'response_timeout=1');
    const answer = await text('hanging', 'hang');
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({
      message: expect.stringContaining('no answer within 1 s (response_timeout)') as string,
    });
    // Until there is another worker, requests may wait for it in vain for as long.
    await expect.poll(async () => (await text('hanging', 'again')).text).toBe('answer to again');
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
});

describe('a full queue', () => {
  it('refuses at once, says so and when to try again', async () => {
    await addArchive(daemon.store, { name: 'narrow', source: GATE, config: 'jobQueueSize: 1\n' });
    await registerModels(daemon, ['narrow']);
    const { answer, letGo } = await holdUp(daemon, 'narrow');
    const queued = text('narrow', 'a');
    await expect.poll(() => queueLength(daemon, 'narrow')).toBe(1);
    const refused = await Promise.all(['b', 'c', 'd'].map((body) => text('narrow', body)));
    expect(refused.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(refused[0]?.json()).toMatchObject({
      message: expect.stringMatching(/busy: 1 requests are waiting.*job_queue_size/) as string,
    });
    await letGo();
    expect([(await answer).status, (await queued).status]).toEqual([200, 200]);
  });
});

describe('the daemon', () => {
  it('answers pings while a handler blocks its worker', async () => {
    const { answer, letGo } = await holdUp(daemon, 'gate');
    let isAnswered = false;
    const answered = answer.finally(() => (isAnswered = true));
    for (let count = 0; count < 50; count += 1) {
      expect((await send(`${daemon.inference}/ping`)).json()).toEqual({ status: 'Healthy' });
    }
    expect(isAnswered).toBe(false);
    await letGo();
    expect((await answered).status).toBe(200);
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
    expect(method.headers.get('allow')).toBe('GET, HEAD, POST');
    const odd = await send(predictions('echo'), { method: 'QUERY', body: 'x' });
    expect([odd.status, odd.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
    const predict = await send(`${daemon.inference}/v1/models/echo:predict`, { method: 'PUT', body: 'x' });
    expect([predict.status, predict.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await send(`${daemon.inference}/predictions`)).status).toBe(404);
    expect((await send(`${daemon.inference}/pre%dictions`)).status).toBe(400);
  });
});

describe('a body over the limit', () => {
  it('is refused by its declared length before it is sent', async () => {
    const { hostname, port } = new URL(daemon.inference);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write('POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n');
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
    const answer = await send(predictions('echo'), { method: 'POST', body, duplex: 'half' });
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
    uploading.write('POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf a bo');
    uploading.destroy();
    await once(uploading, 'close');

    const { answer, letGo } = await holdUp(daemon, 'gate');
    const client = new AbortController();
    const waiting = fetch(predictions('gate'), { method: 'POST', body: 'never mind', signal: client.signal });
    const gone = waiting.catch(String);
    await expect.poll(() => queueLength(daemon, 'gate')).toBe(1);
    client.abort();
    expect(await gone).toContain('aborted');
    await expect.poll(() => queueLength(daemon, 'gate')).toBe(0);
    await letGo();
    expect((await answer).status).toBe(200);
    expect((await text('gate', 'still there?')).text).toBe('still there?');
  });
});
