import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO, MIRROR } from '../fixtures/handlers.ts';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove, send, sendJson, type Answer } from '../helpers/http.ts';

const WEIGHTS = [
  [1, 0],
  [0, 1],
  [1, 1],
];

/** Answers each row with how many rows there were, and how the row is answered that a TorchServe handler would read. */
const COUNTING = `
  import { PredictionError } from '@marserve/handlers';
  const answer = (row, count) => {
    const value = row.data ?? row.body;
    if (value === 'refuse') return new PredictionError('refused', 422);
    if (value === 'throw') throw new TypeError('odd row');
    return [count, value];
  };
  export default class Counting {
    handle(rows) {
      return rows.map((row) => answer(row, rows.length));
    }
    explain(rows) {
      return rows.map((row) => ({ because: row.body }));
    }
  }
`;
const BYTES = `
  export const handle = (rows, context) => rows && rows.map((row, index) => {
    context.setResponseHeader(index, 'x-row', String(index));
    return row.body instanceof Uint8Array ? row.body : Buffer.from(String(row.body));
  });
`;

const PARTS = `export const handle = (rows) => rows && rows.map(async function* () { yield 1; });`;

/** They would be answered otherwise in TorchServe's form. */
const GOLDEN = [
  {
    name: 'instances',
    protocol: 'kserve-v1',
    request: { json: { instances: [1, 'x', { b64: 'eA==' }] } },
    expect: { json: { predictions: [1, 'x', { b64: 'eA==' }] } },
  },
  { name: 'no instances', protocol: 'kserve-v1', request: { json: {} }, expect: { status: 400 } },
];

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'mirror', source: MIRROR });
      await addArchive(store, { name: 'counting', source: COUNTING });
      await addArchive(store, { name: 'bytes', source: BYTES });
      await addArchive(store, { name: 'parts', source: PARTS });
      await addArchive(store, { name: 'matmul', model: matMulModel({ weights: WEIGHTS }) });
      await addArchive(store, { name: 'idle', source: ECHO });
      await addArchive(store, { name: 'golden', source: ECHO, golden: GOLDEN });
    },
  });
  await registerModels(daemon, ['echo', 'mirror', 'bytes', 'matmul', 'parts']);
  await registerModels(daemon, ['counting'], 'batch_size=4&max_batch_delay=5000');
  await registerModels(daemon, ['idle'], 'initial_workers=0');
});

afterAll(() => daemon.close());

const models = () => `${daemon.inference}/v1/models`;
const predict = (name: string, value: unknown) => sendJson(`${models()}/${name}:predict`, value);
const outcome = (answer: Answer) => [answer.status, answer.json()];

describe('the server', () => {
  it('is alive', async () => {
    expect(outcome(await send(`${daemon.inference}/`))).toEqual([200, { status: 'alive' }]);
    expect((await send(daemon.inference, { method: 'HEAD' })).status).toBe(200);
    expect((await send(daemon.inference, { method: 'OPTIONS' })).json()).toHaveProperty('openapi');
  });

  it('lists its models, and says which can serve', async () => {
    const names = ['bytes', 'counting', 'echo', 'idle', 'matmul', 'mirror', 'parts'];
    expect(outcome(await send(models()))).toEqual([200, { models: names }]);
    expect(outcome(await send(`${models()}/echo`))).toEqual([200, { name: 'echo', ready: true }]);
    const idle = await send(`${models()}/idle`);
    expect(outcome(idle)).toEqual([
      503,
      { error: expect.stringContaining('Model with name idle is not ready') as string },
    ]);
  });
});

describe('instances', () => {
  it('are the rows of a handler', async () => {
    expect(outcome(await predict('echo', { instances: [1, [2], 'x', null] }))).toEqual([
      200,
      { predictions: [1, [2], 'x', null] },
    ]);
    expect((await predict('echo', '{"instances":[9007199254740993]}')).text).toBe('{"predictions":[9007199254740993]}');
  });

  it('give what TorchServe’s REST gives', async () => {
    const rows = [
      [1, 2, 3],
      [0.5, -1, 1e-7],
    ];
    const single = await Promise.all(rows.map((row) => sendJson(`${daemon.inference}/predictions/matmul`, row)));
    const { predictions } = (await predict('matmul', { instances: rows })).json<{ predictions: unknown[] }>();
    expect(predictions).toEqual(single.map((answer) => answer.json()));
    expect((await predict('matmul', { inputs: rows })).json()).toEqual({ predictions });
  });

  it('may be bytes in base64', async () => {
    const floats = Buffer.from(new Float32Array([1, 2, 3]).buffer);
    const headers = { 'content-type': 'application/octet-stream' };
    const raw = await send(`${daemon.inference}/predictions/matmul`, { method: 'POST', body: floats, headers });
    const b64 = floats.toString('base64');
    const { predictions } = (await predict('matmul', { instances: [{ b64 }, { data: { b64 } }, [1, 2, 3]] })).json();
    expect(predictions).toEqual([raw.json(), raw.json(), [4, 5]]);
    const mirrored = await predict('mirror', { instances: [{ data: { b64: 'YWJj' } }, { data: 'YWJj' }] });
    expect(mirrored.json()).toMatchObject({
      predictions: [{ row: { data: 'bytes:abc' } }, { row: { data: 'YWJj' } }],
    });
  });

  it('of several requests are one batch, and one that cannot be read harms no other', async () => {
    const bodies = [{ instances: [] }, { instances: ['a'] }, { instances: ['b', { data: 'c' }, 'd'] }, { data: 1 }];
    const answers = await Promise.all(bodies.map((body) => predict('counting', body)));
    expect(answers.map(outcome)).toEqual([
      [200, { predictions: [] }],
      [200, { predictions: [[4, 'a']] }],
      [
        200,
        {
          predictions: [
            [4, 'b'],
            [4, 'c'],
            [4, 'd'],
          ],
        },
      ],
      [400, { error: 'Expected "instances" or "inputs"; got the keys "data"' }],
    ]);
  });

  it('that are refused fail their request alone', async () => {
    const bodies = [['a'], ['b', 'refuse'], ['c'], ['d']].map((instances) => ({ instances }));
    const answers = await Promise.all(bodies.map((body) => predict('counting', body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 422, 200, 200]);
    expect(answers[1]?.json()).toEqual({ error: 'refused' });
  });
});

it('an answer in parts is refused', async () => {
  expect(outcome(await predict('parts', { instances: [1] }))).toEqual([
    501,
    { error: expect.stringContaining('answers of this protocol and call cannot come in parts') as string },
  ]);
});

it('golden requests may be written in it', async () => {
  await registerModels(daemon, ['golden']);
  const described = await send(`${daemon.management}/models/golden`);
  expect(described.json()).toMatchObject([{ goldenRequests: { count: 2, status: 'passed' } }]);
  await remove(`${daemon.management}/models/golden`);
});

it('explanations are those of the handler', async () => {
  const explain = (name: string) => sendJson(`${models()}/${name}:explain`, { instances: [1, 2] });
  const [answer] = await Promise.all(Array.from({ length: 4 }, () => explain('counting')));
  expect(answer?.json()).toEqual({ explanations: [{ because: 1 }, { because: 2 }] });
  expect((await explain('matmul')).status).toBe(501);
});

describe('a body that is no JSON', () => {
  const post = (name: string, body: string, type: string) =>
    send(`${models()}/${name}:predict`, { method: 'POST', body, headers: { 'content-type': type } });

  it('goes to the handler as it is, whose bytes are the answer', async () => {
    const answer = await post('bytes', 'raw', 'image/png');
    expect([answer.status, answer.text]).toEqual([200, 'raw']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-row': '0',
    });
    expect((await post('mirror', 'raw', 'avro/binary')).json()).toMatchObject({
      predictions: [{ row: { body: 'bytes:raw' } }],
    });
  });

  it('is refused when it says to be some', async () => {
    const answer = await post('echo', '{"instances": [NaN]}', 'application/json');
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ error: expect.stringContaining('the body is not JSON') as string });
  });

  it('may be JSON all the same, as curl sends it without a type', async () => {
    expect((await post('echo', '{"instances":[1]}', 'application/x-www-form-urlencoded')).json()).toEqual({
      predictions: [1],
    });
  });
});

describe('bytes that a handler answers', () => {
  it('are base64 among predictions', async () => {
    expect((await predict('bytes', { instances: ['abc'] })).json()).toEqual({ predictions: [{ b64: 'YWJj' }] });
  });
});

describe('a CloudEvent', () => {
  const attributes = { specversion: '1.0', id: '1', source: '/tests', type: 'a.request' };
  const answered = { type: 'io.kserve.inference.response', source: 'io.kserve.inference.bytes' };
  const headersOf = (event: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(event).map(([name, value]) => [`ce-${name}`, value]));

  it('in headers is answered by one, with JSON or bytes', async () => {
    const url = `${models()}/bytes:predict`;
    const answer = await sendJson(url, { instances: [1] }, headersOf(attributes));
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...headersOf(answered),
      'content-type': 'application/json',
    });
    expect(answer.json()).toEqual({ predictions: [{ b64: 'MQ==' }] });
    const raw = await sendJson(url, 'avro', { ...headersOf(attributes), 'content-type': 'avro/binary' });
    expect([raw.text, raw.headers.get('ce-type')]).toEqual(['avro', answered.type]);
  });

  it('in JSON is answered by one', async () => {
    const headers = { 'content-type': 'application/cloudevents+json' };
    const ask = (event: object) => sendJson(`${models()}/bytes:predict`, { ...attributes, ...event }, headers);
    const answer = await ask({ data: { instances: ['abc'] } });
    expect(answer.headers.get('content-type')).toBe('application/cloudevents+json');
    const data = { predictions: [{ b64: 'YWJj' }] };
    expect(answer.json()).toMatchObject({ ...answered, specversion: '1.0', datacontenttype: 'application/json', data });
    expect((await ask({ data_base64: 'YWJj' })).json()).toMatchObject({ ...answered, data_base64: 'YWJj' });
  });

  it('that is not valid is 400', async () => {
    const answer = await sendJson(
      `${models()}/echo:predict`,
      { instances: [1] },
      headersOf({ ...attributes, type: '' }),
    );
    expect(outcome(answer)).toEqual([400, { error: 'The CloudEvent is not valid: it has no type' }]);
  });
});

describe('an error', () => {
  it.each<[string, string, number, object]>([
    ['POST', '/v1/models/nobody:predict', 404, { error: 'Model with name nobody does not exist.' }],
    ['GET', '/v1/models/nobody', 404, { error: 'Model with name nobody does not exist.' }],
    ['POST', '/v1/models/idle:predict', 503, { error: expect.any(String) as string }],
    ['GET', '/v1/models/echo:predict', 404, { error: 'Model with name echo:predict does not exist.' }],
    ['DELETE', '/v1/models/echo:predict', 405, { detail: 'Method Not Allowed' }],
    ['GET', '/v1/other', 404, { code: 404, type: 'ResourceNotFoundException', message: expect.any(String) as string }],
    [
      'GET',
      '/predictions/nobody',
      404,
      { code: 404, type: 'ModelNotFoundException', message: 'Model not found: nobody' },
    ],
  ])('of %s %s is %d, in the words of its protocol', async (method, path, status, body) => {
    expect(outcome(await send(daemon.inference + path, { method }))).toEqual([status, body]);
  });
});
