/** Seldon Core's protocol as the wrapper of a component speaks it: all methods, payloads and errors, and what strangers send. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon } from '../helpers/daemon.ts';
import { mutate } from '../helpers/mutate.ts';
import { createRandom } from '../helpers/random.ts';
import { askSeldon, startWrapper } from '../helpers/seldon.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startWrapper();
});

afterAll(() => daemon?.close());

const predict = (body: unknown, headers?: Record<string, string>) =>
  askSeldon(`${daemon.inference}/predict`, body, headers);

describe('a message', () => {
  it.each([
    ['a text', { strData: 'x' }, { kind: 'String', X: 'x' }],
    ['bytes', { binData: 'aGk=' }, { kind: 'Buffer', X: 'hi' }],
    ['JSON', { jsonData: { deep: [1, { a: null }] } }, { kind: 'Object', X: { deep: [1, { a: null }] } }],
    ['lists', { data: { names: ['n'], ndarray: [['a', 1]] } }, { kind: 'Array', X: [['a', 1]], names: ['n'] }],
  ])('reaches a component: %s', async (_, message, got) => {
    const { body } = await predict({ ...message, meta: { tags: { here: 1 } } });
    expect(body).toMatchObject({
      jsonData: { names: [], meta: { tags: { here: 1 } }, ...got },
      meta: {
        tags: { here: 1, calls: true },
        requestPath: { unit: 'some/image:1.2' },
        metrics: [
          { key: 'everything_calls', value: 1 },
          { key: 'everything_now', value: 7 },
        ],
      },
    });
  });

  it.each([
    ['bytes', { binData: 'AQID' }],
    ['texts', { data: { names: ['t:0', 't:1'], ndarray: [['a', 'b']] } }],
    ['response', { data: { names: [], tensor: { shape: [2], values: [1, 2] } } }],
    ['parameters', { jsonData: { int: 3, float: 0.5, double: 1000, text: '3', yes: true, loaded: true } }],
  ])('is what a component gives: %s', async (strData, expected) => {
    expect((await predict({ strData })).body).toMatchObject(expected);
  });

  it('has what a response of its own adds', async () => {
    const { body } = await predict({ strData: 'response' });
    expect(body['meta']).toMatchObject({
      tags: { own: true, calls: true },
      metrics: [{}, {}, { key: 'took', type: 'TIMER', value: 1500 }],
    });
  });

  it('may come as a form, in the query, and as the parts of a form', async () => {
    const json = JSON.stringify({ strData: 'é' });
    const form = 'application/x-www-form-urlencoded';
    const parts = new FormData();
    parts.append('strData', 'é');
    parts.append('meta', '{"puid":"p"}');
    const bytes = new FormData();
    bytes.append('binData', new Blob([Buffer.from('hi')]), 'file');
    const answers = [
      await predict(`json=${encodeURIComponent(json)}`, { 'content-type': form }),
      await predict(json, { 'content-type': form }),
      await askSeldon(`${daemon.inference}/predict?json=${encodeURIComponent(json)}`, ''),
      await predict(parts, {}),
      {
        body: (await (await fetch(`${daemon.inference}/predict?json=${encodeURIComponent(json)}`)).json()) as Record<
          string,
          never
        >,
      },
    ];
    for (const { body } of answers) expect(body['jsonData']).toMatchObject({ X: 'é' });
    expect((await predict(bytes, {})).body['jsonData']).toMatchObject({ kind: 'Buffer', X: 'hi' });
  });
});

describe('a component', () => {
  it('routes, aggregates, takes feedback, and tells of itself', async () => {
    const post = async (at: string, body: unknown) => (await askSeldon(`${daemon.inference}/${at}`, body)).body;
    expect(await post('route', { strData: 'x', meta: { tags: { a: 1 } } })).toMatchObject({
      data: { tensor: { shape: [1, 1], values: [1] } },
      meta: { tags: { calls: true } },
    });
    expect(await post('route', { data: { ndarray: [1] } })).toMatchObject({ data: { ndarray: [[1]] } });
    const list = [
      { data: { ndarray: [1] }, meta: { tags: { a: 1 }, requestPath: { x: 'y' } } },
      { data: { ndarray: [2] }, meta: { tags: { b: 1, a: 2 } } },
    ];
    const aggregated = {
      data: {
        ndarray: [
          [1, 2],
          [1, 2],
        ],
      },
      meta: { tags: { a: 2, b: 1 }, requestPath: { x: 'y', unit: 'some/image:1.2' } },
    };
    expect(await post('aggregate', list)).toMatchObject(aggregated);
    expect(await post('aggregate', { seldonMessages: list })).toMatchObject(aggregated);
    const feedback = {
      request: { data: { ndarray: [[1]], names: ['n'] } },
      response: { meta: { routing: { unit: 1 } } },
      truth: { data: { ndarray: [2] } },
      reward: 0.5,
    };
    expect(await post('send-feedback', feedback)).toMatchObject({
      jsonData: { X: [[1]], names: ['n'], reward: 0.5, truth: [2], routing: 1 },
    });
    expect(await post('api/v1.0/feedback', { reward: 1 })).toMatchObject({ jsonData: { X: [], reward: 1 } });
    const get = async (at: string) => (await fetch(`${daemon.inference}/${at}`)).json() as Promise<object>;
    expect(await get('health/status')).toMatchObject({ strData: 'fine' });
    const described = {
      name: 'mine',
      versions: ['v9'],
      // The environment wins.
      platform: 'seldon',
      inputs: [{ messagetype: 'tensor', schema: { names: ['a'], shape: [1] } }],
      outputs: [],
      custom: { a: 'b' },
    };
    expect(await get('metadata')).toEqual(described);
    expect(await get('api/v1.0/metadata')).toEqual(described);
    expect(await get('api/v1.0/metadata/unit')).toEqual(described);
  });

  it('is measured under its own names', async () => {
    await predict({ strData: 'response' });
    const metrics = await (await fetch(`${daemon.metrics}/metrics`)).text();
    for (const part of [
      /everything_calls\{.*method="predict",of="test"/,
      /everything_now\{.*\} 7/,
      /took_bucket\{.*le="2\.5".*\} [1-9]/,
      /seldon_api_model_feedback_reward\{/,
    ])
      expect(metrics).toMatch(part);
  });
});

describe('the server', () => {
  it('is asked as a wrapper is', async () => {
    const get = async (at: string) => {
      const answer = await fetch(`${daemon.inference}${at}`);
      return [answer.status, await answer.text()];
    };
    expect([await get('/health/ping'), await get('/ready'), await get('/live')]).toEqual([
      [200, 'pong'],
      [200, ''],
      [200, ''],
    ]);
  });

  it('echoes the id of a prediction, or makes one', async () => {
    const own = await predict({ strData: 'x' }, { 'seldon-puid': 'mine' });
    expect([own.headers.get('seldon-puid'), (await predict({ strData: 'x' })).headers.get('seldon-puid')]).toEqual([
      'mine',
      expect.stringMatching(/./),
    ]);
  });

  it.each([
    ['no JSON', 'x', 400, /JSON/],
    ['nothing in it', {}, 400, /one of data, jsonData, strData, binData, customData/],
    ['a list', [1], 400, /SeldonMessage/],
    ['a shape that is not filled', { data: { tensor: { shape: [2, 2], values: [1] } } }, 400, /\[2, 2\]/],
    ['a shape of very many lists', { data: { tensor: { shape: [1e9, 0], values: [] } } }, 400, /lists/],
    ['a tensor of texts', { data: { tensor: { shape: [1], values: ['a'] } } }, 400, /numbers/],
    ['a tensor of another type', { data: { tftensor: { dtype: 'DT_QINT8' } } }, 400, /DT_QINT8/],
    [
      'one value for very many',
      { data: { tftensor: { dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '1000000000' }] }, floatVal: [1] } } },
      400,
      /1000000000/,
    ],
    ['what the component refuses', { strData: 'refuse' }, 422, /^refused$/],
    ['what the component throws for', { strData: 'throw' }, 500, /odd|internal/i],
    ['a bad metric', { strData: 'metric' }, 500, /Bad metric.*METER/],
    ['no answer', { strData: 'nothing' }, 500, /undefined|internal/i],
  ])("says in Seldon's words what is wrong: %s", async (_, body, code, info) => {
    const answer = await predict(body);
    expect(answer.status).toBe(code);
    expect(answer.body).toMatchObject({
      status: {
        status: 1,
        code: -1,
        info: expect.stringMatching(info) as string,
        reason: expect.stringMatching(/^MICROSERVICE_/) as string,
      },
    });
  });

  it('takes whatever strangers send, and goes on', async () => {
    const random = createRandom(7);
    const messages = [
      { data: { names: ['a'], tensor: { shape: [1, 2], values: [1, 2] } } },
      { data: { tftensor: { dtype: 'DT_INT32', tensorShape: { dim: [{ size: '1' }] }, intVal: [1] } } },
      { binData: 'aGk=', meta: { tags: {}, routing: {}, metrics: [] } },
      { request: { data: { ndarray: [] } }, reward: 1, truth: {} },
    ];
    for (let round = 0; round < 40; round += 1) {
      const statuses = await Promise.all(
        ['predict', 'transform-input', 'route', 'aggregate', 'send-feedback'].flatMap((at) =>
          messages.map(
            async (message) =>
              (
                await fetch(`${daemon.inference}/${at}`, {
                  method: 'POST',
                  body: mutate(Buffer.from(JSON.stringify(message)), random),
                  headers: { 'content-type': 'application/json' },
                })
              ).status,
          ),
        ),
      );
      for (const each of statuses) expect(each).toBeLessThan(501);
    }
    expect((await predict({ strData: 'x' })).status).toBe(200);
  });
});
