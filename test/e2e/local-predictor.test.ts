/** A transformer whose predictor is a model of the same server, in one process and behind front ends. */
import { createTorchServeClient, createV1Client, createV2Client, tensor } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIRROR } from '../fixtures/handlers.ts';
import { ENDLESS, KINDS, MORE, PLAIN, TENSORS } from '../fixtures/local-transformers.ts';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp } from '../helpers/gate.ts';
import { post, put, remove, send, sendJson } from '../helpers/http.ts';
import { startSteadyClients } from '../helpers/steady-clients.ts';
import { workersOf } from '../helpers/workers.ts';
import { named, start } from '../helpers/restart.ts';
import { GATE } from '../fixtures/gate-handler.ts';

const HOUSES = [
  [80, 3, 12],
  [60, 2, 40],
];
const FEATURES = { inputs: { features: tensor('float32', [2, 3], HOUSES.flat()) } };
const before = (host: string, further = '') => `predictor_host: "local:${host}"\nbatchSize: 8\n${further}`;

const adder =
  (daemon: Daemon) =>
  (name: string, host: string, source = PLAIN, further = '') =>
    addArchive(daemon.store, { name, source, config: before(host, further) });

describe('a predictor of the same server', () => {
  let daemon: Daemon;
  const add: ReturnType<typeof adder> = (...args) => adder(daemon)(...args);
  const ask = (model: string, body: unknown = [80, 3, 12], headers: Record<string, string> = {}) =>
    sendJson(`${daemon.inference}/predictions/${model}`, body, headers);

  beforeAll(async () => {
    daemon = await startDaemon();
    await addArchive(daemon.store, { name: 'price', model: HOUSE_PRICE });
    await addArchive(daemon.store, { name: 'kinds', source: KINDS });
    await addArchive(daemon.store, { name: 'mirror', source: MIRROR });
    await addArchive(daemon.store, { name: 'endless', source: ENDLESS });
    await addArchive(daemon.store, { name: 'gate', source: GATE });
    await registerModels(daemon, ['price', 'kinds', 'mirror', 'endless', 'gate']);
    for (const protocol of ['v1', 'v2'])
      await add(`more-${protocol}`, 'price', MORE, `predictor_protocol: ${protocol}`);
    await add('tensors', 'price', TENSORS);
    await add('kinds-v1', 'kinds');
    await add('kinds-v2', 'kinds', PLAIN, 'predictor_protocol: v2');
    await add('kinds-tensors', 'kinds', TENSORS);
    await add('reflected', 'mirror', PLAIN, 'predictor_forward_headers: [x-shout]');
    await add('waiting', 'endless');
    await add('gated', 'gate');
    await add('absent', 'nobody');
    await add('circle-a', 'circle-b/1.0');
    await add('circle-b', 'circle-c');
    await add('circle-c', 'circle-a');
    await add('watching', 'late', PLAIN, 'enable_predictor_health_check: true');
    const names = [
      'more-v1',
      'more-v2',
      'tensors',
      'kinds-v1',
      'kinds-v2',
      'kinds-tensors',
      'reflected',
      'waiting',
      'gated',
      'absent',
    ];
    await registerModels(daemon, [...names, 'circle-a', 'circle-b', 'watching']);
  });
  afterAll(() => daemon?.close());

  describe.each(['v1', 'v2'])('answers, where stages speak %s, clients of', (protocol) => {
    const model = `more-${protocol}`;

    it('V1', async () => {
      const client = createV1Client(daemon.inference);
      expect(await client.predict(model, { instances: HOUSES })).toEqual({ predictions: [[259], [161]] });
      await client.close();
    });

    it('TorchServe', async () => {
      const client = createTorchServeClient(daemon.inference);
      expect(await client.predict(model, HOUSES[0] ?? [])).toEqual([259]);
      await client.close();
    });

    it.each(['binary', 'json'] as const)('V2 over REST, %s', async (tensors) => {
      const client = createV2Client(daemon.inference, { tensors });
      const { outputs } = await client.infer(model, FEATURES);
      expect(Object.values(outputs).map(({ data }) => [...data].map(Number))).toEqual([[259, 161]]);
      await client.close();
    });

    it('V2 over gRPC', async () => {
      const client = createV2GrpcClient(daemon.grpcInference);
      const { outputs } = await client.infer(model, FEATURES);
      expect(Object.values(outputs).map(({ data }) => [...data].map(Number))).toEqual([[259, 161]]);
      await client.close();
    });

    it('many at a time', async () => {
      const client = createV1Client(daemon.inference);
      const areas = Array.from({ length: 50 }, (_, index) => index);
      const answers = await Promise.all(areas.map((area) => client.predict(model, { instances: [[area, 0, 0]] })));
      expect(answers.map(({ predictions }) => predictions)).toEqual(areas.map((area) => [[3 * area + 1]]));
      await client.close();
    });
  });

  it('gets tensors of a stage, and a handler of somebody’s own gets lists', async () => {
    expect((await ask('tensors')).json()).toEqual([258]);
    expect((await ask('kinds-tensors')).json()).toEqual({ body: 'list' });
  });

  it('gets bytes as bytes, and tensors of V2 as tensors', async () => {
    const client = createV1Client(daemon.inference);
    const { predictions } = await client.predict('kinds-v1', { instances: [Buffer.from('x'), { data: 1, more: 'y' }] });
    expect(predictions).toEqual([{ body: 'Buffer' }, { data: 'number', more: 'string' }]);
    await client.close();
    const tensors = createV2Client(daemon.inference);
    const inputs = {
      ids: tensor('int64', [1], [2n ** 60n]),
      words: tensor('string', [1], ['é']),
      bytes: tensor('bytes', [1], [Buffer.from([0xff, 0])]),
    };
    const { outputs } = await tensors.infer('kinds-v2', { inputs });
    expect(Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]]))).toEqual({
      ids: 'int64',
      words: 'string',
      bytes: 'Buffer',
    });
    await tensors.close();
  });

  it('explains', async () => {
    const answer = await sendJson(`${daemon.inference}/v1/models/kinds-v1:explain`, { instances: [1] });
    expect(answer.text).toContain('because');
  });

  it('sees the request’s id and the headers that are passed on, and no others', async () => {
    const headers = { 'x-request-id': 'chosen', 'x-shout': 'loud', 'x-other': 'quiet' };
    expect((await ask('reflected', { data: 'x' }, headers)).json()).toMatchObject({ id: 'chosen', shout: 'loud' });
  });

  it('is counted like any other', async () => {
    await ask('tensors');
    await expect
      .poll(async () => (await send(`${daemon.metrics}/metrics`)).text)
      .toMatch(/^ts_inference_requests_total\{[^}]*model_name="price"[^}]*\} [1-9]/m);
  });

  it('keeps status and text of its errors, with its name', async () => {
    const answer = await sendJson(`${daemon.inference}/v1/models/more-v1:predict`, { instances: [[1, 2]] });
    expect(answer.status).toBe(400);
    expect(answer.text).toMatch(/Predictor local:price answered 400: .*features/);
  });

  it('that is not there is a 404 that names it', async () => {
    const answer = await ask('absent');
    expect(answer.status).toBe(404);
    expect(answer.text).toMatch(/Predictor local:nobody answered 404: .*nobody/);
  });

  it('that asks its asker is refused, with the circle', async () => {
    const answer = await post(`${daemon.management}/models?url=circle-c.mar`);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('circle-a/1.0 → circle-b/1.0 → circle-c/1.0 → circle-a/1.0');
  });

  it('is left alone when the client goes', async () => {
    const leaving = new AbortController();
    const headers = { 'x-request-id': 'leaver' };
    const url = `${daemon.inference}/predictions/waiting`;
    const gone = send(url, { method: 'POST', body: 'x', headers, signal: leaving.signal }).catch(() => 'gone');
    await daemon.line('begins leaver');
    leaving.abort();
    expect(await gone).toBe('gone');
    await daemon.line('ends leaver');
  });

  it('has as much time as the request', async () => {
    const answer = await ask('waiting', 1, { 'x-request-timeout-ms': '300', 'x-request-id': 'hurried' });
    expect(answer.status).toBe(504);
    await daemon.line('begins hurried');
    await daemon.line('ends hurried');
  });

  it('is left alone when its asker’s worker dies', async () => {
    const leaving = new AbortController();
    const init = { method: 'POST', body: 'x', headers: { 'x-request-id': 'orphan' }, signal: leaving.signal };
    const asked = send(`${daemon.inference}/predictions/waiting`, init).catch(() => 'gone');
    await daemon.line('begins orphan');
    const [worker] = await workersOf(daemon, 'waiting');
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    await daemon.line('ends orphan');
    leaving.abort();
    expect(await asked).toBe('gone');
  });

  it('whose worker is killed answers all the same', async () => {
    const held = await holdUp(daemon, 'gated', 'wait');
    const [worker] = await workersOf(daemon, 'gate');
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    await held.letGo();
    expect((await held.answer).status).toBe(200);
  });

  it('makes its asker ready, where that is asked for', async () => {
    const readiness = () => send(`${daemon.inference}/v1/models/watching`);
    const refused = await readiness();
    expect(refused.status).toBe(503);
    expect(refused.text).toMatch(/predictor at local:late is not ready: .*late/);
    await addArchive(daemon.store, { name: 'late', model: HOUSE_PRICE });
    await registerModels(daemon, ['late']);
    await expect.poll(async () => (await readiness()).status).toBe(200);
    expect((await ask('watching')).json()).toEqual([258]);
    await remove(`${daemon.management}/models/late?force=true`);
    expect((await ask('watching')).status).toBe(404);
  });

  it('is another version when that is the default one, and the one before ends, with no request failed', async () => {
    for (const version of ['1', '2', '3']) {
      await addArchive(daemon.store, { name: `said-${version}`, version, source: named(version) });
    }
    await registerModels(daemon, ['said-1'], 'model_name=said');
    await add('default', 'said');
    await add('second', 'said/2');
    await registerModels(daemon, ['default', 'second']);
    expect((await ask('second')).text).toMatch(/Predictor local:said\/2 answered 404: /);
    const clients = startSteadyClients(`${daemon.inference}/predictions/default`, 4);
    for (const version of ['2', '3']) {
      await registerModels(daemon, [`said-${version}`], 'model_name=said');
      await put(`${daemon.management}/models/said/${version}/set-default`);
      const seen = clients.count();
      await expect.poll(() => clients.count()).toBeGreaterThan(seen + 20);
      await remove(`${daemon.management}/models/said/${Number(version) - 1}?force=true`);
    }
    const answers = (await clients.stop()).flat();
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['1', '2', '3']));
  });

  it('that takes too long is a 504 to its request, and no worker is ended', async () => {
    await add('brief', 'endless');
    await registerModels(daemon, ['brief'], 'response_timeout=2');
    const [worker] = await workersOf(daemon, 'brief');
    expect((await ask('brief')).status).toBe(504);
    expect((await workersOf(daemon, 'brief'))[0]?.pid).toBe(worker?.pid);
  });
});

it('behind front ends, models ask each other in the process that has the request', async () => {
  const daemon = await start({ config: { frontends: 2 } });
  const add = adder(daemon);
  await addArchive(daemon.store, { name: 'price', model: HOUSE_PRICE });
  await addArchive(daemon.store, { name: 'endless', source: ENDLESS });
  await add('more', 'price', MORE, 'predictor_protocol: v2');
  await add('waiting', 'endless');
  await registerModels(daemon, ['price', 'endless', 'more', 'waiting']);
  const client = createV1Client(daemon.inference);
  const areas = Array.from({ length: 50 }, (_, index) => index);
  const answers = await Promise.all(areas.map((area) => client.predict('more', { instances: [[area, 0, 0]] })));
  expect(answers.map(({ predictions }) => predictions)).toEqual(areas.map((area) => [[3 * area + 1]]));
  await client.close();
  const headers = { 'x-request-timeout-ms': '1000', 'x-request-id': 'hurried' };
  expect((await sendJson(`${daemon.inference}/predictions/waiting`, 1, headers)).status).toBe(504);
});
