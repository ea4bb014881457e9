/** A transformer in front of the predictor that it was made for, of another one, and of one that is replaced beneath it. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove, send, sendJson } from '../helpers/http.ts';
import { sha256 } from '../helpers/sha256.ts';

/** Ten times as dear, and takes the same. */
const OTHER_PRICE = Uint8Array.from(HOUSE_PRICE);
const weights = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
OTHER_PRICE.set(weights(30, 100, -10), Buffer.from(HOUSE_PRICE).indexOf(weights(3, 10, -1)));
const [DIGEST, OTHER] = [sha256(HOUSE_PRICE), sha256(OTHER_PRICE)];
const PLAIN = `
  import { Transformer } from '@marserve/handlers';
  export default class Plain extends Transformer {}
`;
const PROTOCOLS = ['v1', 'v2', 'grpc-v2'] as const;
const HOUSE = [80, 3, 12];
/** The machine may be busy. */
const PATIENTLY = { timeout: 30_000 };

let daemon: Daemon;
beforeAll(async () => {
  daemon = await startDaemon();
});
afterAll(() => daemon?.close());

type Settings = Readonly<Record<string, string | number | boolean>>;

/** A transformer of the daemon; its worker is one. */
async function transformer(name: string, config: Settings, archive: Partial<Parameters<typeof addArchive>[1]> = {}) {
  const lines = Object.entries({ predictor_model_name: 'price', predictor_check_seconds: 1, ...config });
  const yaml = lines.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join('\n');
  await addArchive(daemon.store, { name, source: PLAIN, config: yaml, ...archive });
  await registerModels(daemon, [name]);
  return {
    ask: () => sendJson(`${daemon.inference}/predictions/${name}`, HOUSE),
    readiness: () => send(`${daemon.inference}/v2/models/${name}/ready`),
    describe: async () => {
      const [version] = (await send(`${daemon.management}/models/${name}`)).json<Described[]>();
      return version as Described;
    },
    leave: () => remove(`${daemon.management}/models/${name}?force=true`),
  };
}

interface Described {
  readonly predictor?: { readonly hosts: readonly { readonly state: string; readonly found?: object }[] };
  readonly workers: readonly { readonly problem?: string }[];
  readonly goldenRequests?: { readonly status: string; readonly message?: string };
}

/** In place of the model `price` that is there. */
async function put(server: Daemon, model: Uint8Array, version = '1.0'): Promise<void> {
  await remove(`${server.management}/models/price?force=true`);
  await addArchive(server.store, { name: 'price', version, model });
  await registerModels(server, ['price']);
}

/** A server with the model `price`. */
async function startPredictor(model: Uint8Array): Promise<Daemon> {
  const server = await startDaemon();
  await put(server, model);
  return server;
}

function hostOf(server: Daemon, protocol: string): string {
  return protocol === 'grpc-v2' ? server.grpcInference : new URL(server.inference).host;
}

async function mismatchOf(name: string): Promise<string | undefined> {
  const { text } = await send(`${daemon.metrics}/metrics`);
  return new RegExp(`^predictor_mismatch\\{[^}]*"${name}"[^}]*\\} (\\S+)`, 'm').exec(text)?.[1];
}

describe.each([...PROTOCOLS, 'local'] as const)('by %s', (protocol) => {
  let predictor: Daemon;
  let pair: Settings;
  beforeAll(async () => {
    if (protocol === 'local') {
      predictor = daemon;
      await put(daemon, HOUSE_PRICE);
      pair = { predictor_host: 'local:price', predictor_protocol: 'v2' };
      return;
    }
    predictor = await startPredictor(HOUSE_PRICE);
    pair = { predictor_host: hostOf(predictor, protocol), predictor_protocol: protocol };
  });
  afterAll(() => (protocol === 'local' ? remove(`${daemon.management}/models/price?force=true`) : predictor?.close()));

  it('the right predictor, named by the archive, is asked, and answers say both versions', async () => {
    const options = { predictor: 'price@1.0', predictorDigest: DIGEST };
    const { ask, readiness, describe: described, leave } = await transformer(`right-${protocol}`, pair, { options });
    expect((await readiness()).status).toBe(200);
    const { status, headers, text } = await ask();
    expect([status, text]).toEqual([200, '[258]']);
    expect(headers.get('x-marserve-model')).toBe(`right-${protocol}/1.0`);
    expect(headers.get('x-marserve-predictor')).toBe('price/1.0');
    expect((await described()).predictor).toMatchObject({
      expected: { name: 'price', version: '1.0', digest: DIGEST },
      hosts: [{ state: 'right', found: { name: 'price', version: '1.0', digest: DIGEST } }],
    });
    await leave();
  });

  it.each([
    ['version', { predictor_model_version: '2.0' }, 'expected price/2.0'],
    ['digest', { predictor_digest: OTHER }, `expected price/any version (${OTHER})`],
  ])('a wrong %s is refused, and both identities are said', async (what, wrong, expected) => {
    const name = `wrong-${what}-${protocol}`;
    const { ask, readiness, describe: described, leave } = await transformer(name, { ...pair, ...wrong });
    const found = `price/1.0 (${DIGEST})`;
    const notReady = await readiness();
    expect(notReady.status).toBe(503);
    for (const text of [found, expected]) expect(notReady.text).toContain(text);
    const refused = await ask();
    // A predictor that is asked for a version that it has not says so itself.
    expect(refused.status).toBe(what === 'version' && protocol.includes('v2') ? 404 : 503);
    if (refused.status === 503) for (const text of [found, expected]) expect(refused.text).toContain(text);
    const { predictor: report, workers } = await described();
    expect(report?.hosts[0]).toMatchObject({ state: 'wrong', found: { version: '1.0', digest: DIGEST } });
    expect(workers[0]?.problem).toContain(expected);
    await leave();
  });

  it('another model under the same name and version is noticed, and so is the right one when it is back', async () => {
    const name = `replaced-${protocol}`;
    const config = { ...pair, predictor_digest: DIGEST, predictor_check_seconds: 3600 };
    const { ask, readiness, leave } = await transformer(name, config);
    expect((await ask()).text).toBe('[258]');
    await put(predictor, OTHER_PRICE);
    const refused = await ask();
    expect(refused.status).toBe(503);
    for (const digest of [DIGEST, OTHER]) expect(refused.text).toContain(digest);
    await expect.poll(async () => (await readiness()).status, PATIENTLY).toBe(503);
    expect((await send(`${daemon.inference}/ping`)).status).toBe(500);
    await expect.poll(() => mismatchOf(name), PATIENTLY).toBe('1');
    await put(predictor, HOUSE_PRICE);
    await expect.poll(async () => (await readiness()).status, PATIENTLY).toBe(200);
    expect((await ask()).text).toBe('[258]');
    await expect.poll(() => mismatchOf(name), PATIENTLY).toBe('0');
    await leave();
  });
});

describe('on_mismatch: warn', () => {
  it('passes answers on, says so once, and is ready', async () => {
    const predictor = await startPredictor(OTHER_PRICE);
    try {
      const config = { predictor_host: hostOf(predictor, 'v2'), predictor_protocol: 'v2', predictor_digest: DIGEST };
      const { ask, readiness, leave } = await transformer('warned', { ...config, on_mismatch: 'warn' });
      expect((await readiness()).status).toBe(200);
      for (let count = 0; count < 3; count += 1) expect((await ask()).text).toBe('[2580]');
      await expect.poll(() => mismatchOf('warned'), PATIENTLY).toBe('1');
      const warnings = () =>
        daemon
          .output()
          .split('\n')
          .filter((line) => line.includes('"warned"') && line.includes(`(${OTHER}), expected`));
      await expect.poll(warnings, PATIENTLY).toHaveLength(1);
      expect((await ask()).text).toBe('[2580]');
      expect(warnings()).toHaveLength(1);
      await leave();
    } finally {
      await predictor.close();
    }
  });
});

describe('of two hosts', () => {
  it('the one with another model is left out', async () => {
    const predictors = await Promise.all([startPredictor(OTHER_PRICE), startPredictor(HOUSE_PRICE)]);
    try {
      const hosts = predictors.map((each) => hostOf(each, 'v2')).join(',');
      const config = { predictor_host: hosts, predictor_protocol: 'v2', predictor_digest: DIGEST };
      const { ask, readiness, describe: described, leave } = await transformer('two-hosts', config);
      expect((await readiness()).status).toBe(200);
      const answers = await Promise.all(Array.from({ length: 10 }, ask));
      expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['[258]']));
      const states = (await described()).predictor?.hosts.map(({ state }) => state);
      expect(states?.toSorted()).toEqual(['right', 'wrong']);
      await leave();
    } finally {
      await Promise.all(predictors.map((each) => each.close()));
    }
  });
});

/** Speaks V2, and tells its versions alone. */
async function startForeign(versions: readonly string[], factor: { value: number }, port = 0): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const asked = /versions\/([^/]+)/.exec(request.url ?? '')?.[1];
      response.setHeader('content-type', 'application/json');
      if (asked !== undefined && !versions.includes(asked)) response.writeHead(404).end('{"error":"no such version"}');
      else response.end(JSON.stringify(foreignAnswer(request.url ?? '', body, { versions, factor })));
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

interface Foreign {
  readonly versions: readonly string[];
  readonly factor: { readonly value: number };
}

function foreignAnswer(url: string, body: string, { versions, factor }: Foreign): object {
  const inputs = [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }];
  if (!url.endsWith('/infer')) return { name: 'price', versions, platform: 'x', inputs, outputs: [] };
  const given = (JSON.parse(body) as { inputs: { data: number[] }[] }).inputs[0]?.data[0] ?? 0;
  const outputs = [{ name: 'price', datatype: 'FP32', shape: [1, 1], data: [factor.value * given] }];
  return { model_name: 'price', outputs };
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

describe('a foreign server, which tells no digest', () => {
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const settings = (port: number) => ({ predictor_host: `127.0.0.1:${port}`, predictor_protocol: 'v2' });

  it('is taken by its version', async () => {
    const server = await startForeign(['1', '2'], { value: 1 });
    const config = { ...settings(portOf(server)), predictor_digest: DIGEST };
    const right = await transformer('foreign', { ...config, predictor_model_version: '2' });
    expect([(await right.readiness()).status, (await right.ask()).text]).toEqual([200, '[80]']);
    const wrong = await transformer('foreign-wrong', { ...config, predictor_model_version: '3' });
    expect((await wrong.readiness()).text).toContain('price/1, 2, expected price/3');
    await Promise.all([right.leave(), wrong.leave()]);
    await stop(server);
  });

  it('is refused when it comes back as another version', async () => {
    const first = await startForeign(['1'], { value: 1 });
    const port = portOf(first);
    const config = { ...settings(port), predictor_model_version: '1' };
    const { ask, readiness, leave } = await transformer('foreign-back', config);
    expect((await ask()).text).toBe('[80]');
    await stop(first);
    expect((await ask()).status).toBe(503);
    const second = await startForeign(['2'], { value: 2 }, port);
    await expect.poll(async () => (await readiness()).text, PATIENTLY).toContain('price/2, expected price/1');
    expect((await ask()).status).not.toBe(200);
    await leave();
    await stop(second);
  });

  it('is asked the golden requests again when it is back, and now and then', async () => {
    const factor = { value: 1 };
    const first = await startForeign(['1'], factor);
    const port = portOf(first);
    const golden = [{ name: 'house', request: { json: HOUSE }, expect: { json: [80] } }];
    const back = await transformer('golden-back', { ...settings(port), predictor_model_version: '1' }, { golden });
    const often = await transformer('golden-often', { ...settings(port), goldenInterval: 1 }, { golden });
    expect((await back.describe()).goldenRequests).toMatchObject({ status: 'passed' });
    factor.value = 2;
    const messageOf = async (model: typeof back) => (await model.describe()).goldenRequests?.message ?? '';
    await expect.poll(() => messageOf(often), PATIENTLY).toContain('house');
    expect((await often.ask()).status).toBe(503);
    expect((await back.describe()).goldenRequests).toMatchObject({ status: 'passed' });
    await stop(first);
    expect((await back.ask()).status).toBe(503);
    const second = await startForeign(['1'], factor, port);
    await expect.poll(() => messageOf(back), PATIENTLY).toContain('house');
    expect((await back.ask()).status).toBe(503);
    factor.value = 1;
    await expect.poll(async () => (await often.describe()).goldenRequests?.status, PATIENTLY).toBe('passed');
    expect((await often.ask()).text).toBe('[80]');
    await Promise.all([back.leave(), often.leave()]);
    await stop(second);
  });
});
