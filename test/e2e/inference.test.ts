import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO, MIRROR, OBEDIENT } from '../fixtures/handlers.ts';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';

const WEIGHTS = [
  [1, 0],
  [0, 1],
  [1, 1],
];

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'mirror', source: MIRROR });
      await addArchive(store, { name: 'obedient', source: OBEDIENT });
      await addArchive(store, { name: 'matmul', model: matMulModel({ weights: WEIGHTS }) });
    },
  });
  await registerModels(daemon, ['echo', 'mirror', 'obedient', 'matmul']);
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

describe('an explanation', () => {
  it('is given by a handler that can, and 501 by one that cannot', async () => {
    expect((await sendJson(`${daemon.inference}/explanations/mirror`, 1)).text).toBe('because');
    expect((await sendJson(`${daemon.inference}/explanations/mirror/1.0`, 1)).text).toBe('because');
    const answer = await sendJson(`${daemon.inference}/explanations/echo`, 1);
    expect(answer.status).toBe(501);
    expect(answer.json()).toMatchObject({ code: 501, message: expect.stringContaining('explain') as string });
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
      const { status, text } = await send(daemon.inference + real, { method: 'POST', body: 'x' });
      // A path that names none of several models is known, and so are those for experiments and workflows, which there are none of.
      if (!/several models|has no experiment|Workflow not found/.test(text)) expect(status, path).not.toBe(404);
    }
  });

  it('tells of one model', async () => {
    const { paths } = (await send(predictions('echo'), { method: 'OPTIONS' })).json<{ paths: object }>();
    expect(Object.keys(paths)).toEqual(['/predictions/echo']);
    expect((await send(predictions('nobody'), { method: 'OPTIONS' })).status).toBe(404);
  });
});
