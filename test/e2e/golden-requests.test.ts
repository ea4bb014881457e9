import { describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import type { Daemon } from '../helpers/daemon.ts';
import { post, put, send, sendJson } from '../helpers/http.ts';
import { described, models, named, predict, register, restart, start } from '../helpers/restart.ts';
import { startSteadyClients } from '../helpers/steady-clients.ts';

/** Answers how often it was asked, in this process. */
const COUNTING = `let asked = 0; export default class Counting { handle(data) { asked += 1; return data.map(() => String(asked)); } }`;

/** Takes a while to load. */
const LATE = `export default class Late { initialize() { return new Promise((done) => setTimeout(done, 1000)); } handle(data) { return data.map(() => 'late'); } }`;

const asks = (text: string) => [{ name: 'greeting', request: { text: 'x' }, expect: { text } }];

const MISMATCH =
  'golden request "greeting": the answer differs from byte 0 on; it has 3 bytes, expected 5. ' +
  'Expected answer: seven; this answer: two';

const V2_REFUSED = 'The request: expected a list of "inputs", got nothing';

/** Archives of the model `m`: versions 1 and 3 answer as they should, 2 does not. */
async function fill(store: string): Promise<void> {
  const add = (name: string, version: string, source: string, golden: unknown) =>
    addArchive(store, { name, version, source, golden });
  await add('m1', '1', named('one'), asks('one'));
  await add('m2', '2', named('two'), asks('seven'));
  await add('m3', '3', named('three'), asks('three'));
  await add('counting', '1.0', COUNTING, [
    { name: 'first', request: { text: 'x' } },
    { name: 'second', request: { text: 'y' } },
  ]);
  await addArchive(store, {
    name: 'rare',
    source: named('one'),
    config: 'minWorkers: 0\nmaxWorkers: 1\n',
    golden: asks('one'),
  });
  await add('late', '1.0', LATE, asks('never'));
  await add('unlikely', '1.0', ECHO, [
    { name: 'absolute', request: { json: [0.0005] }, expect: { json: [0.0003], tolerance: 1e-3 } },
    { name: 'relative', request: { json: [0.0005] }, expect: { json: [0.0003], relativeTolerance: 0.1 } },
  ]);
  await add('protocols', '1.0', ECHO, [
    { name: 'plain', request: { json: { instances: [1] } }, expect: { json: { instances: [1] } } },
    {
      name: 'V2',
      protocol: 'oip',
      request: { json: { inputs: [{ name: 'data', datatype: 'FP32', shape: [2], data: [1, 2] }] } },
      expect: { status: 200 },
    },
    {
      name: 'V2 refused',
      protocol: 'oip',
      request: { json: {} },
      expect: { status: 400, json: { error: V2_REFUSED } },
    },
  ]);
  await add('nobody', '1.0', ECHO, [{ name: 'odd', protocol: 'nobodys', request: { text: 'x' } }]);
  await add('numbers', '1.0', ECHO, [
    { name: 'near', request: { json: [0.1, 2] }, expect: { json: [0.1000001, 2], tolerance: 1e-3 } },
    { name: 'form', request: { inputs: [{ name: 'data', text: 'field' }] }, expect: { text: 'field' } },
  ]);
}

const golden = async (daemon: Daemon, model = 'm') =>
  (await described(daemon, model)).map(({ goldenRequests }) => goldenRequests);

const inference = (daemon: Daemon, path: string) => send(`${daemon.inference}/${path}`, { method: 'POST', body: 'x' });

const UNFIT = {
  code: 503,
  type: 'ServiceUnavailableException',
  message: `Model "m" Version "2" is not served as default: ${MISMATCH}. Requests that name version "2" are served.`,
};

describe('golden requests', () => {
  it('are asked when a version is registered, and shown', async () => {
    const daemon = await start({ fill });
    await register(daemon, 'url=numbers.mar&initial_workers=1');
    expect(await golden(daemon, 'numbers')).toEqual([{ count: 2, status: 'passed' }]);
    await register(daemon, 'url=m1.mar&model_name=m');
    expect(await golden(daemon)).toEqual([{ count: 1, status: 'not run' }]);
    expect((await sendJson(`${daemon.inference}/predictions/numbers`, [3])).text).toBe('[3]');
  });

  it('are written in the protocol that they name', async () => {
    const daemon = await start({ fill });
    await register(daemon, 'url=protocols.mar&initial_workers=1');
    expect(await golden(daemon, 'protocols')).toEqual([{ count: 3, status: 'passed' }]);
    const answer = await post(`${daemon.management}/models?url=nobody.mar&initial_workers=1`);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('protocol \\"nobodys\\"; expected one of torchserve, ');
  });

  it('guard small numbers by a relative tolerance', async () => {
    const daemon = await start({ fill });
    const answer = await post(`${daemon.management}/models?url=unlikely.mar&initial_workers=1`);
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('golden request \\"relative\\": $[0] is 0.0005, expected 0.0003');
  });

  it('refuse a registration that answers wrongly, and undo it', async () => {
    const daemon = await start({ fill });
    const answer = await post(`${daemon.management}/models?url=m2.mar&model_name=m&initial_workers=1`);
    expect(answer.json()).toEqual({
      code: 409,
      type: 'ConflictStatusException',
      message: `Model "m" Version "2": ${MISMATCH}`,
    });
    expect(await models(daemon)).toEqual([]);
    const later = await post(`${daemon.management}/models?url=m2.mar&model_name=m&initial_workers=1&synchronous=false`);
    expect(later.status).toBe(202);
    await expect.poll(() => models(daemon)).toEqual([]);
  });

  it('warm every worker before the first request of a client', async () => {
    const daemon = await start({ fill });
    await register(daemon, 'url=counting.mar&initial_workers=1');
    expect(await predict(daemon, 'counting')).toBe('3');
    expect((await put(`${daemon.management}/models/counting?min_worker=3&synchronous=true`)).status).toBe(200);
    const answers = await Promise.all([1, 2, 3].map(() => predict(daemon, 'counting')));
    expect(Math.min(...answers.map(Number))).toBeGreaterThan(1);
  });

  it('are asked when the first request has had a worker started', async () => {
    const daemon = await start({ fill });
    await register(daemon, 'url=rare.mar');
    expect(await golden(daemon, 'rare')).toEqual([{ count: 1, status: 'not run' }]);
    expect(await predict(daemon, 'rare')).toBe('one');
    expect(await golden(daemon, 'rare')).toEqual([{ count: 1, status: 'passed' }]);
  });

  it('keep a version that answers wrongly from being the default one', async () => {
    const daemon = await start({ fill });
    await register(daemon, 'url=m1.mar&model_name=m&initial_workers=1');
    await register(daemon, 'url=m2.mar&model_name=m');
    const scaled = await put(`${daemon.management}/models/m/2?min_worker=1&synchronous=true`);
    expect(scaled.json()).toMatchObject({ code: 409, message: `Model "m" Version "2": ${MISMATCH}` });
    const chosen = await put(`${daemon.management}/models/m/2/set-default`);
    expect(chosen.json()).toMatchObject({ code: 409, message: `Model "m" Version "2": ${MISMATCH}` });
    expect(await predict(daemon, 'm')).toBe('one');
    expect(await predict(daemon, 'm/2')).toBe('two');
    expect(await golden(daemon)).toEqual([
      { count: 1, status: 'passed' },
      { count: 1, status: 'failed', message: MISMATCH },
    ]);
  });
});

describe('a default version that answers wrongly when the server starts', () => {
  it('serves those who name it, and says to the others and to /ping what is wrong', async () => {
    const config = { load_models: 'm=m2.mar', default_workers_per_model: 1 };
    let daemon = await start({ fill, config });
    for (const isRestored of [false, true]) {
      if (isRestored) daemon = await restart(daemon, 'SIGKILL', { config });
      const answer = await inference(daemon, 'predictions/m');
      expect(answer.json()).toEqual(UNFIT);
      expect(answer.status).toBe(503);
      expect(await predict(daemon, 'm/2')).toBe('two');
      expect((await send(`${daemon.inference}/ping`)).json()).toEqual({ status: 'Unhealthy' });
      expect(await golden(daemon)).toEqual([{ count: 1, status: 'failed', message: MISMATCH }]);
      expect(await daemon.line('a golden request was answered wrongly')).toContain('greeting');
    }
    await register(daemon, 'url=m3.mar&model_name=m&replace=true');
    expect(await predict(daemon, 'm')).toBe('three');
    expect((await send(`${daemon.inference}/ping`)).json()).toEqual({ status: 'Healthy' });
  });

  it('has answered nobody before that was known', async () => {
    const daemon = await start({ fill, config: { load_models: 'late.mar', default_workers_per_model: 1 } });
    const answers = await Promise.all([1, 2, 3].map(() => inference(daemon, 'predictions/late')));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(answers[0]?.text).toContain('golden request \\"greeting\\"');
  });
});

describe('a replacement that answers wrongly', () => {
  it('does not happen: the former version goes on as it was', async () => {
    const daemon = await start({ fill });
    await register(daemon, 'url=m1.mar&model_name=m&initial_workers=2');
    const clients = startSteadyClients(`${daemon.inference}/predictions/m`, 4);
    const path = `${daemon.management}/models`;
    const expected = { code: 409, message: `Model "m" Version "2": ${MISMATCH}` };
    expect((await post(`${path}?url=m2.mar&model_name=m&replace=true`)).json()).toMatchObject(expected);
    expect(await described(daemon, 'm')).toMatchObject([{ modelVersion: '1', workers: 2 }]);
    await register(daemon, 'url=m2.mar&model_name=m');
    expect((await put(`${path}/m/2/set-default?drain=true`)).json()).toMatchObject(expected);
    expect(await described(daemon, 'm')).toMatchObject([
      { modelVersion: '1', workers: 2 },
      { modelVersion: '2', minWorkers: 0, workers: 0 },
    ]);
    await register(daemon, 'url=m3.mar&model_name=m&replace=true');
    const answers = (await clients.stop()).flat();
    expect(answers.filter(({ status, text }) => status !== 200 || !['one', 'three'].includes(text))).toEqual([]);
    expect(await golden(daemon)).toEqual([{ count: 1, status: 'passed' }, expect.anything()]);
  });
});
