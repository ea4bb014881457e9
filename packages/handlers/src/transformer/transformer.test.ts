import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PredictionError } from '../prediction-error.ts';
import { testHandler, type TestOptions } from '../testing.ts';
import type { InstancesPayload, PredictionsPayload } from './payload.ts';
import { Transformer } from './transformer.ts';

type Answer = (response: ServerResponse, request: IncomingMessage, body: string) => void;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A predictor that answers as it is told, and what it was asked. */
async function predictor(answer: Answer) {
  const requests: { url: string; body: string; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      requests.push({ url: `${request.method} ${request.url}`, body, headers: request.headers });
      answer(response, request, body);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

const json =
  (value: unknown, status = 200): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** Answers each instance with itself. */
const mirror: Answer = (response, request, body) =>
  json({ predictions: (JSON.parse(body) as InstancesPayload).instances })(response, request, body);

const run = (
  handler: new () => Transformer,
  rows: readonly unknown[],
  modelConfig: Record<string, unknown>,
  options: TestOptions = {},
) => testHandler(handler, rows, { ...options, modelConfig });

class Plain extends Transformer {}

class Stages extends Transformer {
  override preprocess({ instances }: InstancesPayload) {
    if (instances.includes('bad')) throw new PredictionError('not this one', 422);
    return { instances: instances.map((instance) => ({ pre: instance })) };
  }
  override async postprocess({ predictions }: PredictionsPayload, headers: Readonly<Record<string, string>>) {
    return { predictions: predictions.map((prediction) => ({ post: prediction, by: headers['x-by'] })) };
  }
}

describe('a transformer', () => {
  it('asks the predictor by V1, one request for each of its own, all at once', async () => {
    const waiting: (() => void)[] = [];
    const { host, requests } = await predictor((...args) => {
      waiting.push(() => mirror(...args));
      if (waiting.length === 3) waiting.forEach((each) => each());
    });
    const { results } = await run(Plain, [1, { a: 2 }, { data: 'x' }], { predictor_host: host });
    expect(results).toEqual([1, { a: 2 }, { data: 'x' }]);
    expect(requests.map(({ url }) => url)).toEqual(Array(3).fill('POST /v1/models/test:predict'));
  });

  it('runs its stages on the bodies of the protocol, with the headers', async () => {
    const { host, requests } = await predictor(mirror);
    const headers = { 'X-By': 'me' };
    const { results } = await run(Stages, ['one', 'bad'], { predictor_host: host }, { headers });
    expect(results[0]).toEqual({ post: { pre: 'one' }, by: 'me' });
    expect(results[1]).toMatchObject({ message: 'not this one', status: 422 });
    expect(requests.map(({ body }) => body)).toEqual(['{"instances":[{"pre":"one"}]}']);
  });

  it('names the model and asks for explanations', async () => {
    const { host, requests } = await predictor(json({ predictions: [1], explanations: [[0.5]] }));
    const config = { predictor_host: host, predictor_model_name: 'other' };
    const { results } = await run(Plain, ['x'], config, { operation: 'explain' });
    expect(results).toEqual([{ predictions: 1, explanations: [0.5] }]);
    expect(requests[0]?.url).toBe('POST /v1/models/other:explain');
  });

  it('makes tensors of instances for V2, as the model’s metadata says', async () => {
    const tensor = { name: 'x', datatype: 'INT64', shape: [-1, 2] };
    const { host, requests } = await predictor((response, request, body) => {
      if (request.url === '/v2') return json({ name: 'any', version: '1', extensions: [] })(response, request, body);
      if (request.method === 'GET') {
        return json({ name: 'test', platform: '', inputs: [tensor], outputs: [] })(response, request, body);
      }
      const { inputs } = JSON.parse(body) as { inputs: { data: unknown }[] };
      json({ model_name: 'test', outputs: [{ ...inputs[0], name: 'y' }] })(response, request, body);
    });
    const { results } = await run(
      Plain,
      [
        [1, 2],
        [1, 'two'],
      ],
      { predictor_host: host, predictor_protocol: 'v2' },
    );
    expect(results[0]).toEqual([1, 2]);
    expect(results[1]).toMatchObject({ status: 400, message: expect.stringContaining('"x"') });
    expect(requests.filter(({ url }) => url === 'GET /v2/models/test')).toHaveLength(1);
  });

  it('passes on who asks, in which trace, what is allowed, and how long there is', async () => {
    const { host, requests } = await predictor(mirror);
    const headers = {
      'X-Request-Id': 'id',
      Authorization: 'Bearer t',
      traceparent: '00-1',
      'x-b3-traceid': 'b3',
      'x-tenant': 'blue',
      cookie: 'secret',
      'x-request-timeout-ms': '5000',
    };
    await run(Plain, [1], { predictor_host: host, predictor_forward_headers: ['X-Tenant'] }, { headers });
    const sent: Readonly<Record<string, unknown>> = requests[0]?.headers ?? {};
    const { cookie: _, 'x-request-timeout-ms': __, ...passed } = headers;
    const lower = Object.entries(passed).map(([name, value]) => [name.toLowerCase(), value]);
    expect(sent).toMatchObject(Object.fromEntries(lower));
    expect(sent).not.toHaveProperty('cookie');
    expect(Number(sent['x-request-timeout-ms'])).toBeLessThanOrEqual(5000);
  });

  it('measures its stages', async () => {
    const { host } = await predictor(mirror);
    const { metrics } = await run(Stages, [1, 2], { predictor_host: host });
    const names = ['request_preprocess_seconds', 'request_predict_seconds', 'request_postprocess_seconds'];
    for (const name of names) expect(metrics.filter((sample) => sample.name === name)).toHaveLength(2);
  });
});

describe('what goes wrong at the predictor is told with its host', () => {
  const cases: readonly [string, Answer, number, RegExp][] = [
    ['an error', json({ error: 'too many pixels' }, 400), 400, /answered 400: too many pixels$/],
    ['a status of its own', json({ error: 'short and stout' }, 418), 418, /short and stout/],
    ['an error without a text', (response) => response.writeHead(500).end(), 500, /answered 500$/],
    ['a redirection', (response) => response.writeHead(302, { location: '/' }).end(), 502, /answered 302/],
    ['garbage', (response) => response.end('<html>'), 502, /expected JSON/],
    ['JSON that is no object', json([1]), 502, /expected a JSON object/],
    [
      'an end in the middle',
      (response) => void response.writeHead(200).write('{', () => response.destroy()),
      503,
      /ended/,
    ],
    ['an end before the answer', (response) => response.destroy(), 503, /ended/],
    ['too few predictions', json({ predictions: [] }), 502, /Expected 1 predictions/],
    ['no predictions', json({ outputs: 1 }), 502, /Expected 1 predictions/],
  ];

  it.each(cases)('%s', async (_, answer, status, message) => {
    const { host } = await predictor(answer);
    const { results } = await run(Plain, ['x'], { predictor_host: host });
    expect(results[0]).toMatchObject({ name: 'PredictionError', status });
    expect((results[0] as Error).message).toMatch(message);
    if (!/Expected/.test(message.source)) expect((results[0] as Error).message).toContain(host);
  });

  it('nobody there', async () => {
    const { results } = await run(Plain, ['x'], { predictor_host: '127.0.0.1:1' });
    expect(results[0]).toMatchObject({ status: 503, message: expect.stringMatching(/127\.0\.0\.1:1.*ECONNREFUSED/) });
  });

  it('no answer in time', async () => {
    const { host } = await predictor(() => {});
    const config = { predictor_host: host, predictor_request_timeout_seconds: 0.2 };
    expect((await run(Plain, ['x'], config)).results[0]).toMatchObject({ status: 504 });
    const headers = { 'x-request-timeout-ms': '100' };
    expect((await run(Plain, ['x'], { predictor_host: host }, { headers })).results[0]).toMatchObject({ status: 504 });
  });

  it('another host answers for one that is not there', async () => {
    const { host } = await predictor(mirror);
    const { results } = await run(Plain, [1, 2, 3, 4], { predictor_host: `127.0.0.1:1,${host}` });
    expect(results).toEqual([1, 2, 3, 4]);
  });
});

describe('a config', () => {
  it.each([
    [{}, /needs predictor_host/],
    [{ predictor_host: 'http://' }, /expected the address of a server/],
    [{ predictor_host: 5 }, /predictor_host must be a text/],
    [{ predictor_host: 'a', predictor_protocol: 'v3' }, /predictor_protocol must be one of v1, v2, grpc-v2/],
    [
      { predictor_host: 'a', predictor_request_retries: -1 },
      /predictor_request_retries must be an integer of at least 0/,
    ],
    [{ predictor_host: 'a', predictor_use_ssl: 'yes' }, /predictor_use_ssl must be true or false/],
    [{ predictor_host: 'a', predictor_ca_file: 'none.pem' }, /none\.pem/],
  ])('%j is refused', async (config, message) => {
    await expect(run(Plain, [], config)).rejects.toThrow(message);
  });

  it('has further keys, which are others’', async () => {
    const { host } = await predictor(mirror);
    expect((await run(Plain, [1], { predictor_host: host, minWorkers: 1, own: true })).results).toEqual([1]);
  });
});
