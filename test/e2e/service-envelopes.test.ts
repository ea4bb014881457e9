/** TorchServe's service envelopes: the form of bodies on its paths and over its gRPC. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MIRROR } from '../fixtures/handlers.ts';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson, type Answer } from '../helpers/http.ts';
import { call, inferenceClient } from '../helpers/grpc-client.ts';

const WEIGHTS = [
  [1, 0],
  [0, 1],
  [1, 1],
];
const ROWS = [
  [1, 2, 3],
  [4, 5, 6],
];
const ANSWERS = [
  [4, 5],
  [10, 11],
];
/** Says what its row is, and how many there are with it. */
const ROW = `
  const shown = (value) => (Buffer.isBuffer(value) ? 'bytes:' + value : value);
  export default class Rows {
    handle(rows) {
      return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, shown(value)])));
    }
    explain(rows) {
      return rows.map(() => 'because');
    }
  }
`;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      for (const envelope of ['body', 'json', 'kserve', 'kservev2', 'kfserving']) {
        const config = `serviceEnvelope: ${envelope}\n`;
        await addArchive(store, { name: `${envelope}-rows`, source: ROW, config });
        await addArchive(store, { name: `${envelope}-matmul`, model: matMulModel({ weights: WEIGHTS }), config });
      }
    },
  });
  const names = ['body', 'json', 'kserve', 'kservev2', 'kfserving'].flatMap((each) => [
    `${each}-rows`,
    `${each}-matmul`,
  ]);
  await registerModels(daemon, names, 'batch_size=4&max_batch_delay=50');
});

afterAll(() => daemon.close());

const ask = (name: string, value: unknown) => sendJson(`${daemon.inference}/predictions/${name}`, value);
const explain = (name: string, value: unknown) => sendJson(`${daemon.inference}/explanations/${name}`, value);
const outcome = (answer: Answer) => [answer.status, answer.json()];
const b64 = Buffer.from('abc').toString('base64');

describe.each(['kserve', 'kfserving', 'json'])('in the envelope %s', (envelope) => {
  it('instances are rows, and their results predictions', async () => {
    expect(outcome(await ask(`${envelope}-matmul`, { instances: ROWS }))).toEqual([200, { predictions: ANSWERS }]);
    const instances = [{ data: 1, more: 2 }, 'text', { a: 1 }, { b64 }, { data: { b64 } }];
    const predictions = [
      { data: 1, more: 2 },
      { body: 'text' },
      { body: { a: 1 } },
      { body: 'bytes:abc' },
      { data: 'bytes:abc' },
    ];
    expect(outcome(await ask(`${envelope}-rows`, { instances }))).toEqual([200, { predictions }]);
  });

  it('requests of a batch have each their own', async () => {
    const counts = [0, 3, 1, 2];
    const bodies = counts.map((count) => ({ instances: Array.from({ length: count }, () => ROWS[0]) }));
    const answers = await Promise.all([...bodies, { data: 1 }].map((body) => ask(`${envelope}-matmul`, body)));
    expect(answers.slice(0, 4).map(outcome)).toEqual(
      counts.map((count) => [200, { predictions: Array.from({ length: count }, () => ANSWERS[0]) }]),
    );
    expect(outcome(answers[4] as Answer)).toEqual([
      400,
      { code: 400, type: 'InternalServerException', message: 'Expected "instances" or "inputs"; got the keys "data"' },
    ]);
  });

  it('the body may come without a type, as a form, or as bytes in a field of one', async () => {
    const url = `${daemon.inference}/predictions/${envelope}-matmul`;
    const body = JSON.stringify({ instances: ROWS });
    const form = (name: string, value: Blob | string) => {
      const data = new FormData();
      data.append(name, value);
      return data;
    };
    const bodies: [NonNullable<RequestInit['body']>, Record<string, string>?][] = [
      [Buffer.from(body)],
      [body, { 'content-type': 'application/x-www-form-urlencoded' }],
      [new URLSearchParams({ data: body })],
      [form('data', body)],
      [form('body', new Blob([body]))],
      [body, { 'content-type': 'text/plain; charset=utf-8' }],
    ];
    for (const [each, headers = {}] of bodies) {
      expect(outcome(await send(url, { method: 'POST', body: each, headers }))).toEqual([
        200,
        { predictions: ANSWERS },
      ]);
    }
    expect((await send(url, { method: 'POST', body: form('other', body) })).status).toBe(400);
    expect((await send(url, { method: 'POST', body: 'no JSON' })).status).toBe(400);
  });

  it('an answer to an explanation says so, in JSON’s alone not', async () => {
    const key = envelope === 'json' ? 'predictions' : 'explanations';
    expect(outcome(await explain(`${envelope}-rows`, { instances: [1, 2] }))).toEqual([
      200,
      { [key]: ['because', 'because'] },
    ]);
  });
});

describe('in the envelope kservev2', () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [2, 3], data: ROWS }];

  it('inputs are tensors, and so are outputs', async () => {
    const answer = await ask('kservev2-matmul', { id: 'one', inputs });
    expect(outcome(answer)).toEqual([
      200,
      {
        id: 'one',
        model_name: 'kservev2-matmul',
        model_version: '1.0',
        outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 2], data: ANSWERS.flat() }],
      },
    ]);
    expect((await ask('kservev2-matmul', { instances: ROWS })).status).toBe(400);
  });

  it('requests of a batch have each their own', async () => {
    const requests = ROWS.map((data, id) => ({ id, inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data }] }));
    const answers = await Promise.all(requests.map((request) => ask('kservev2-matmul', request)));
    expect(answers.map((answer) => answer.json<{ id: string; outputs: [{ data: unknown }] }>())).toMatchObject(
      ANSWERS.map((data, id) => ({ id: String(id), outputs: [{ data }] })),
    );
  });

  it('bytes are taken for no JSON', async () => {
    const answer = await ask('kservev2-rows', {
      inputs: [{ name: 'data', datatype: 'BYTES', shape: [1], data: ['text'] }],
    });
    expect(answer.status).toBe(200);
  });
});

it('in the envelope body, a row has the body alone', async () => {
  expect((await ask('body-rows', { a: 1 })).json()).toEqual({ body: { a: 1 } });
  const form = new URLSearchParams({ data: 'x', other: 'y' });
  const answer = await send(`${daemon.inference}/predictions/body-rows`, { method: 'POST', body: form });
  expect(answer.json()).toEqual({ body: 'x' });
  expect((await ask('body-matmul', ROWS[0])).json()).toEqual(ANSWERS[0]);
});

it('the paths of other protocols know none', async () => {
  const v1 = await sendJson(`${daemon.inference}/v1/models/kservev2-matmul:predict`, { instances: ROWS });
  expect(v1.json()).toEqual({ predictions: ANSWERS });
  const v2 = { inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3], data: ROWS }] };
  const answer = await sendJson(`${daemon.inference}/v2/models/kserve-matmul/infer`, v2);
  expect(answer.json()).toMatchObject({ outputs: [{ data: ANSWERS.flat() }] });
});

it('holds over gRPC, in the field data or body', async () => {
  const client = inferenceClient(daemon.grpcInference);
  onTestFinished(() => client.close());
  const data = Buffer.from(JSON.stringify({ instances: ROWS }));
  const request = { model_name: 'kserve-matmul', input: { data } };
  const { prediction } = await call<{ prediction: Buffer }>(client, 'Predictions', request);
  expect(JSON.parse(prediction.toString('utf8'))).toEqual({ predictions: ANSWERS });
});

describe('the server’s own', () => {
  it('counts for models that name none, whose manifest or YAML file wins', async () => {
    const own = await startDaemon({
      config: { service_envelope: 'kserve' },
      fill: async (store) => {
        await addArchive(store, { name: 'none', source: MIRROR });
        await addArchive(store, { name: 'own', source: ROW, config: 'serviceEnvelope: body\n' });
      },
    });
    onTestFinished(() => own.close());
    await registerModels(own, ['none', 'own']);
    const answer = await sendJson(`${own.inference}/predictions/none`, { instances: ['x'] });
    expect(answer.json()).toMatchObject({ predictions: [{ row: { body: 'x' } }] });
    expect((await sendJson(`${own.inference}/predictions/own`, { instances: ['x'] })).json()).toEqual({
      body: { instances: ['x'] },
    });
  });

  it('that there is not is refused', async () => {
    const config = { service_envelope: 'kserv' };
    await expect(startDaemon({ config })).rejects.toThrow(
      /service_envelope: expected body, json, kserve, .*came "kserv"/,
    );
  });
});
