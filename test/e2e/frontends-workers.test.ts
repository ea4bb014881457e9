/** Workers that come and go while several front ends give them batches; what front ends pass on; a front end that stands still. */
import { once } from 'node:events';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../packages/server/src/test-support/certificates.ts';
import { GATE } from '../fixtures/gate-handler.ts';
import { ECHO, MIRROR } from '../fixtures/handlers.ts';
import { STREAMER } from '../fixtures/streamer.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { askEach, moreAnswers, pidOf, texts } from '../helpers/front-ends.ts';
import { holdUp } from '../helpers/gate.ts';
import { call, inferenceClient, managementClient } from '../helpers/grpc-client.ts';
import { put, remove, send } from '../helpers/http.ts';
import { isAlive } from '../helpers/processes.ts';
import { readUntil } from '../helpers/raw-connection.ts';
import { start } from '../helpers/restart.ts';
import { startSteadyClients } from '../helpers/steady-clients.ts';
import { workersOf } from '../helpers/workers.ts';

const COUNT = 3;
let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    // Too long for the address of a socket.
    config: { frontends: COUNT, work_dir: `work/${'folder'.repeat(20)}` },
    fill: async (store) => {
      for (const name of ['scaled', 'steady', 'leaving']) await addArchive(store, { name, source: ECHO });
      await addArchive(store, { name: 'worn', source: ECHO, config: 'maxRequestsPerWorker: 40\n' });
      await addArchive(store, { name: 'gate', source: GATE, config: 'scaleUpWait: 20\nscaleDownIdle: 1\n' });
      await addArchive(store, { name: 'streamer', source: STREAMER });
      await addArchive(store, { name: 'mirror', source: MIRROR, config: 'explains: steady\n' });
    },
  });
  await registerModels(daemon, ['steady', 'gate', 'streamer', 'mirror']);
});

afterAll(() => daemon?.close());

const urlOf = (model: string) => `${daemon.inference}/predictions/${model}`;
const scale = (model: string, query: string) => put(`${daemon.management}/models/${model}?synchronous=true&${query}`);
const pidsOf = async (model: string) => (await workersOf(daemon, model)).flatMap(({ pid }) => pid ?? []);

it('reaches workers in a folder whose path is too long for sockets', async () => {
  const [folder = ''] = await readdir(path.join(daemon.root, 'work'));
  expect(folder.length).toBeGreaterThan(107);
  expect(texts(await askEach(urlOf('steady'), 2 * COUNT, 'there'))).toEqual(['there']);
});

it('fails no request while workers are added and taken away', async () => {
  await registerModels(daemon, ['scaled']);
  const clients = startSteadyClients(urlOf('scaled'), 3 * COUNT);
  for (const count of [3, 1, 2, 1]) {
    await moreAnswers(clients);
    expect((await scale('scaled', `min_worker=${count}&max_worker=${count}`)).status).toBe(200);
    expect(await pidsOf('scaled')).toHaveLength(count);
  }
  await moreAnswers(clients);
  expect((await clients.stop()).flat().filter(({ status }) => status !== 200)).toEqual([]);
});

it('starts a worker where a request waits in a front end, and ends one that nobody needs', async () => {
  await scale('gate', 'min_worker=0&max_worker=2');
  await expect.poll(() => pidsOf('gate')).toEqual([]);
  expect(texts(await askEach(urlOf('gate'), COUNT, 'count'))).toEqual(['count']);
  const { letGo } = await holdUp(daemon, 'gate', 'wait');
  expect(texts(await askEach(urlOf('gate'), 2 * COUNT, 'count'))).toEqual(['count']);
  expect(await pidsOf('gate')).toHaveLength(2);
  await letGo();
  await expect.poll(() => pidsOf('gate')).toEqual([]);
});

it('replaces workers that have served enough, without a gap', async () => {
  await registerModels(daemon, ['worn']);
  const clients = startSteadyClients(urlOf('worn'), 2 * COUNT);
  const seen = new Set<number>();
  const look = async () => {
    for (const pid of await pidsOf('worn')) seen.add(pid);
    return seen.size;
  };
  await expect.poll(look).toBeGreaterThan(3);
  expect((await clients.stop()).flat().filter(({ status }) => status !== 200)).toEqual([]);
});

it('answers no more for a model that is unregistered under load, when that is answered', async () => {
  await registerModels(daemon, ['leaving']);
  const clients = startSteadyClients(urlOf('leaving'), 3 * COUNT);
  await moreAnswers(clients);
  expect((await remove(`${daemon.management}/models/leaving`)).status).toBe(200);
  const after = await askEach(urlOf('leaving'), 2 * COUNT);
  expect(after.map(({ status }) => status)).toEqual(after.map(() => 404));
  const statuses = (await clients.stop()).flat().map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200, 404]));
});

it('sends each part of an answer when it is made, and ends it when its client goes', async () => {
  const openStream = async (body: string) => {
    const headers = { 'content-type': 'text/plain' };
    const asked = request(urlOf('streamer'), { method: 'POST', headers, agent: false });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const parts = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
    return { response, parts };
  };
  for (let frontEnd = 0; frontEnd < COUNT; frontEnd += 1) {
    const file = path.join(daemon.root, `part-${frontEnd}`);
    const { parts } = await openStream(`gated ${file}`);
    expect(await parts.next()).toEqual({ done: false, value: 'first' });
    await writeFile(file, '');
    expect(await parts.next()).toEqual({ done: false, value: 'second' });
    expect(await parts.next()).toEqual({ done: true });
    const left = await openStream(`waiting ${file}`);
    await left.parts.next();
    left.response.destroy();
  }
  // All of them were ended: the next has its turn.
  expect(texts(await askEach(urlOf('streamer'), COUNT, 'count 3'))).toEqual(['0;1;2;']);
});

it('explains, and describes a model in its own words', async () => {
  const explained = await askEach(`${daemon.inference}/explanations/mirror`, 2 * COUNT);
  expect(texts(explained)).toEqual(['because']);
  expect(texts(await askEach(`${daemon.inference}/explanations/steady`, 2 * COUNT))).toEqual(['because']);
  await scale('gate', 'min_worker=1');
  const { text } = await send(`${daemon.management}/models/gate?customized=true`);
  expect(text).toContain('to be held up');
});

it('serves gRPC from front ends', async () => {
  const [inference, management] = [inferenceClient(daemon.grpcInference), managementClient(daemon.grpcManagement)];
  const body = Buffer.from('over gRPC');
  const asked = { model_name: 'steady', input: { body } };
  expect(await call(inference, 'Predictions', asked)).toEqual({ prediction: body });
  expect(await call(inference, 'Ping')).toMatchObject({ health: expect.stringContaining('Healthy') as string });
  await call(management, 'ScaleWorker', { model_name: 'steady', min_worker: 2, synchronous: true });
  expect(await pidsOf('steady')).toHaveLength(2);
  const missing = call(inference, 'Predictions', { ...asked, model_name: 'none' });
  await expect(missing).rejects.toMatchObject({ details: expect.stringContaining('none') as string });
  inference.close();
  management.close();
});

it('has a new certificate in all front ends, without dropping a connection', async () => {
  const authority = await createAuthority();
  const pair = (name: string) => ({ private_key_file: `${name}.key`, certificate_file: `${name}.pem` });
  const files = (root: string) => ({ key: path.join(root, 'own.key'), cert: path.join(root, 'own.pem') });
  const install = async (name: string, root: string) => {
    const issued = await authority.issue(name);
    await copyFile(issued.key, files(root).key);
    await copyFile(issued.cert, files(root).cert);
  };
  onTestFinished(() => authority.close());
  const config = { frontends: COUNT, inference_address: 'https://127.0.0.1:0', ...pair('own') };
  const own = await start({ config, fill: (store) => install('first', path.dirname(store)) });
  const { hostname: host, port } = new URL(own.inference);
  const open = async () => {
    const socket = connect({ host, port: Number(port), ca: await readFile(authority.own.cert) });
    await once(socket, 'secureConnect');
    return socket;
  };
  const subjects = async () => {
    const sockets = await Promise.all(Array.from({ length: COUNT }, open));
    const names = sockets.map((socket) => socket.getPeerCertificate().subject.CN);
    for (const socket of sockets) socket.destroy();
    return names;
  };
  const all = (name: string) => Array.from({ length: COUNT }, () => name);
  expect(await subjects()).toEqual(all('first'));
  const before = await open();
  await install('second', own.root);
  process.kill(own.pid, 'SIGHUP');
  await expect.poll(subjects).toEqual(all('second'));
  before.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await readUntil(before, (text) => text.includes('\r\n\r\n'))).toContain('200 OK');
  before.destroy();
});

it('is held up by a front end that stands still for a while only, and replaces it', async () => {
  const runs = await daemon.line('/predictions/steady 200');
  const number = Number(/"frontEnd":(\d+)/.exec(runs)?.[1]);
  const pid = pidOf(daemon, number);
  process.kill(pid, 'SIGSTOP');
  expect((await scale('steady', 'min_worker=0&max_worker=0')).status).toBe(200);
  expect(await isAlive(pid)).toBe(false);
  await expect.poll(() => pidOf(daemon, number)).not.toBe(pid);
  expect((await scale('steady', 'min_worker=1')).status).toBe(200);
  expect(texts(await askEach(urlOf('steady'), 2 * COUNT, 'again'))).toEqual(['again']);
});
