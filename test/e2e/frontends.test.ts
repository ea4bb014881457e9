import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { askEach, killWorker, moreAnswers, pidOf, texts, type QuestionAnswer } from '../helpers/front-ends.ts';
import { holdUp, queueLength } from '../helpers/gate.ts';
import { post, put, remove, send } from '../helpers/http.ts';
import { isAlive } from '../helpers/processes.ts';
import { named, start } from '../helpers/restart.ts';
import { startSteadyClients } from '../helpers/steady-clients.ts';

/** Answers how many requests were in its batch; `block FILE RAN` as GATE. */
const BATCHES = `
  import { appendFileSync, existsSync } from 'node:fs';
  export default class Batches {
    handle(data) {
      const [, file, ran] = data[0].body.split(' ');
      if (ran !== undefined) appendFileSync(ran, data[0].body);
      if (file !== undefined) while (!existsSync(file));
      return data.map(() => String(data.length));
    }
  }`;

/** Waits for ever, and says in the log when nobody waits any more. */
const LEFT = `
  export default class Left {
    async handle(data, context) {
      context.logger.info('it runs');
      await new Promise((resolve) => context.getSignal(0).addEventListener('abort', resolve));
      context.logger.info('nobody waits any more');
      return data.map(() => 'late');
    }
  }`;

const COUNT = 3;
let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { frontends: COUNT },
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'gate', source: GATE, config: 'jobQueueSize: 7\n' });
      await addArchive(store, { name: 'pair', source: GATE });
      await addArchive(store, { name: 'left', source: LEFT });
      await addArchive(store, { name: 'batches', source: BATCHES });
      await addArchive(store, { name: 'counted', source: ECHO });
      for (const version of ['1', '2', '3', '4']) {
        await addArchive(store, { name: `m${version}`, version, source: named(version) });
      }
    },
  });
});

afterAll(() => daemon?.close());

it('has connections served by all front ends, in turn', async () => {
  await registerModels(daemon, ['echo']);
  const answers = await askEach(`${daemon.inference}/predictions/echo`, 4 * COUNT, 'hello');
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(texts(answers)).toEqual(['hello']);
  const servedBy = (number: number) =>
    daemon
      .output()
      .split('\n')
      .filter((line) => line.includes(`"frontEnd":${number}`) && line.includes('/echo 200'));
  for (const number of [1, 2, 3]) await expect.poll(() => servedBy(number).length).toBeGreaterThan(0);
  await expect.poll(() => [1, 2, 3].flatMap(servedBy).length).toBe(4 * COUNT);
});

it('puts requests that wait at one front end into batches', async () => {
  await registerModels(daemon, ['batches'], 'batch_size=8');
  const { letGo } = await holdUp(daemon, 'batches');
  const rest = askEach(`${daemon.inference}/predictions/batches`, 8 * COUNT);
  await expect.poll(() => queueLength(daemon, 'batches')).toBe(8 * COUNT);
  await letGo();
  const sizes = (await rest).map(({ text }) => Number(text));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
  // Whatever each front end has, most of it shares batches.
  expect(sizes.filter((size) => size > 2).length).toBeGreaterThan(4 * COUNT);
});

it('lets as many wait in all front ends together as job_queue_size says', async () => {
  await registerModels(daemon, ['gate'], 'batch_size=1');
  const { letGo } = await holdUp(daemon, 'gate');
  const refused: QuestionAnswer[] = [];
  const answers = Array.from({ length: 20 * COUNT }, async () => {
    const [answer] = await askEach(`${daemon.inference}/predictions/gate`, 1, 'count');
    if (answer?.status === 503) refused.push(answer);
    return answer?.status;
  });
  await expect.poll(() => refused.length).toBe(20 * COUNT - 7);
  expect(await queueLength(daemon, 'gate')).toBe(7);
  expect(texts(refused).join()).toContain('job_queue_size');
  await letGo();
  expect((await Promise.all(answers)).filter((status) => status === 200).length).toBe(7);
});

it('never lets a request wait for a worker that another front end keeps busy, while another is idle', async () => {
  await registerModels(daemon, ['pair'], 'initial_workers=2');
  const { letGo } = await holdUp(daemon, 'pair');
  for (let round = 0; round < 5; round += 1) {
    expect(texts(await askEach(`${daemon.inference}/predictions/pair`, 2 * COUNT, 'count'))).toEqual(['count']);
  }
  await letGo();
});

it('counts the requests of all front ends together', async () => {
  await registerModels(daemon, ['counted']);
  await askEach(`${daemon.inference}/predictions/counted`, 4 * COUNT);
  await askEach(`${daemon.inference}/v2/models/counted/infer`, 2 * COUNT, '{"inputs":[]}');
  const { text } = await send(`${daemon.metrics}/metrics`);
  expect(text).toContain(`model_name="counted",model_version="default"`);
  expect(
    Number(/ts_inference_requests_total\{model_name="counted",model_version="default"[^}]*\} (\d+)/.exec(text)?.[1]),
  ).toBe(6 * COUNT);
  const stats = (await send(`${daemon.inference}/v2/models/counted/stats`)).json<{
    model_stats: { inference_stats: { success: { count: number }; fail: { count: number } } }[];
  }>();
  const { success, fail } = stats.model_stats[0]?.inference_stats ?? {};
  expect((success?.count ?? 0) + (fail?.count ?? 0)).toBe(6 * COUNT);
});

describe('a change of models', () => {
  const url = () => `${daemon.inference}/predictions/m`;
  const register = (version: string, query = '') =>
    post(`${daemon.management}/models?url=m${version}.mar&model_name=m&initial_workers=1${query}`);

  it('is seen by all front ends when it is answered', async () => {
    expect(texts(await askEach(url(), COUNT)).join()).toContain('Model not found: m');
    for (const version of ['1', '2']) await register(version);
    expect(texts(await askEach(url(), 2 * COUNT))).toEqual(['1']);
    await put(`${daemon.management}/models/m/2/set-default`);
    expect(texts(await askEach(url(), 2 * COUNT))).toEqual(['2']);
    expect(texts(await askEach(`${url()}/1`, 2 * COUNT))).toEqual(['1']);
    await remove(`${daemon.management}/models/m/1`);
    expect(texts(await askEach(`${url()}/1`, 2 * COUNT)).join()).toContain('Model version: 1 does not exist');
    await put(`${daemon.management}/models/m?min_worker=0&max_worker=0&synchronous=true`);
    expect(texts(await askEach(url(), 2 * COUNT)).join()).toContain('has no worker to serve inference request');
    await put(`${daemon.management}/models/m?min_worker=2&synchronous=true`);
    expect(texts(await askEach(url(), 2 * COUNT))).toEqual(['2']);
  });

  it('fails no request when a version takes the place of another under load', async () => {
    const clients = startSteadyClients(url(), 9);
    for (const version of ['3', '4']) {
      await moreAnswers(clients);
      expect((await register(version, '&replace=true')).status).toBe(200);
      expect(texts(await askEach(url(), 2 * COUNT))).toEqual([version]);
    }
    const answered = (await clients.stop()).flat();
    expect(answered.filter(({ status }) => status !== 200)).toEqual([]);
    expect(new Set(answered.map(({ text }) => text))).toEqual(new Set(['2', '3', '4']));
  });
});

it('starts a front end again that was killed: its clients alone lose their requests, which nobody runs on', async () => {
  await registerModels(daemon, ['left']);
  const clients = startSteadyClients(`${daemon.inference}/predictions/echo`, 4 * COUNT);
  const lost = Promise.allSettled([askEach(`${daemon.inference}/predictions/left`, 1)]);
  const runs = await daemon.line('it runs');
  const number = Number(/"frontEnd":(\d+)/.exec(runs)?.[1]);
  const pid = pidOf(daemon, number);
  process.kill(pid, 'SIGKILL');
  expect((await lost)[0]?.status).toBe('rejected');
  await daemon.line('nobody waits any more');
  await daemon.line('a front end died');
  await expect.poll(() => pidOf(daemon, number)).not.toBe(pid);
  await moreAnswers(clients);
  const answers = await clients.stop();
  expect(answers.flat().filter(({ status }) => status !== 200 && status !== 0)).toEqual([]);
  expect(answers.filter((own) => own.every(({ status }) => status === 200)).length).toBeGreaterThanOrEqual(2 * COUNT);
  expect(texts(await askEach(`${daemon.inference}/predictions/echo`, 2 * COUNT))).toEqual(['x']);
});

it('runs the jobs again that a worker held for several front ends when it died', async () => {
  const clients = startSteadyClients(`${daemon.inference}/predictions/pair`, 3 * COUNT);
  await moreAnswers(clients);
  await killWorker(daemon, 'pair');
  await moreAnswers(clients);
  expect((await clients.stop()).flat().filter(({ status }) => status !== 200)).toEqual([]);
});

describe('a daemon of its own', () => {
  const fill = (store: string) => addArchive(store, { name: 'gate', source: GATE });

  it('answers what its front ends have when it is told to stop, and leaves nothing behind', async () => {
    const own = await start({ config: { frontends: 2 }, fill });
    await registerModels(own, ['gate']);
    const { answer, letGo } = await holdUp(own, 'gate');
    const pids = [pidOf(own, 1), pidOf(own, 2)];
    const waiting = askEach(`${own.inference}/predictions/gate`, 4, 'count');
    await expect.poll(() => queueLength(own, 'gate')).toBe(4);
    const ended = own.end('SIGTERM');
    await own.line('stopping');
    await letGo();
    expect((await answer).status).toBe(200);
    expect(texts(await waiting)).toEqual(['count']);
    expect(await ended).toBe(0);
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, false]);
    expect(await readdir(own.workDir)).toEqual([]);
  });

  it('takes its front ends with it when it is killed', async () => {
    const own = await start({ config: { frontends: 2 }, fill });
    const pids = [pidOf(own, 1), pidOf(own, 2)];
    expect(await Promise.all(pids.map(isAlive))).toEqual([true, true]);
    await own.end('SIGKILL');
    await expect.poll(() => Promise.all(pids.map(isAlive))).toEqual([false, false]);
  });

  it('passes all but predictions on to its main process, where one address has all APIs and calls need tokens', async () => {
    const address = `http://127.0.0.1:${await freePort()}`;
    const addresses = { inference_address: address, management_address: address, metrics_address: address };
    const config = { frontends: 2, disable_token_authorization: false, ...addresses };
    const own = await start({ config, fill, startedWith: 'listening' });
    const keys = async () =>
      JSON.parse(await readFile(`${own.root}/key_file.json`, 'utf8')) as Record<string, { key: string }>;
    const call = async (method: string, path: string, key?: string) => {
      const authorization = `Bearer ${key === undefined ? '' : (await keys())[key]?.key}`;
      return send(`${address}${path}`, { method, ...(key !== undefined && { headers: { authorization } }) });
    };
    expect((await call('POST', '/models?url=gate.mar&initial_workers=1')).status).toBe(401);
    expect((await call('POST', '/models?url=gate.mar&initial_workers=1', 'management')).status).toBe(200);
    for (let round = 0; round < 3; round += 1) {
      expect((await call('GET', `/token?type=inference`, 'API')).status).toBe(200);
      const authorization = `Bearer ${(await keys()).inference?.key}`;
      const answers = await askEach(`${address}/predictions/gate`, 4, { body: 'count', headers: { authorization } });
      expect(texts(answers)).toEqual(['count']);
    }
    expect((await call('GET', '/models/gate', 'management')).text).toContain('"modelName"');
    expect((await call('GET', '/models/none', 'management')).status).toBe(404);
    expect((await call('GET', '/ping')).text).toContain('Healthy');
    expect((await call('GET', '/metrics')).text).toContain('model_name="gate",model_version="default"');
    expect((await call('GET', '/api-description')).text).toContain('/predictions/{model_name}');
    expect((await call('OPTIONS', '/predictions/gate', 'inference')).text).toContain('/predictions/gate');
    expect((await call('GET', '/nothing')).status).toBe(404);
  });

  it('refuses numbers of front ends that cannot be', async () => {
    await expect(start({ config: { frontends: 65 } })).rejects.toThrow('expected an integer from 1 to 64');
    await expect(start({ config: { frontends: 0 } })).rejects.toThrow('expected an integer from 1');
  });
});
