/** Transformers and the connections to their predictors: certificates that are wrong, and names whose addresses move. */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../packages/client/src/test-support/free-port.ts';
import { json, startServer, type ScriptedServer } from '../../packages/client/src/test-support/scripted-server.ts';
import { createAuthority, type Authority, type Pair } from '../../packages/server/src/test-support/certificates.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { sendJson } from '../helpers/http.ts';
import {
  grpcAnswer,
  grpcFrame,
  pricesMessage,
  response,
  startGrpcPredictor,
  startRawPredictor,
  write,
  type RawPredictor,
} from '../helpers/scripted-predictor.ts';

const PLAIN = `
  import { Transformer } from '@marserve/handlers';
  export default class Plain extends Transformer {}
`;

/** To a predictor of tensors, one. */
const FEATURES = `
  import { Transformer, createTensor } from '@marserve/handlers';
  export default class Features extends Transformer {
    async initialize(context) {
      this.takesTensors = context.modelConfig.predictor_protocol !== 'v1';
      await super.initialize(context);
    }
    preprocess({ instances }) {
      return this.takesTensors ? { inputs: { features: createTensor('float32', [1, 3], instances[0]) } } : { instances };
    }
  }
`;

/**
 * In every process of the daemon, in the place of the system's resolver, whose names are not a test's to change: the addresses of names that end with .test are those
 * in a file, read each time.
 */
const resolver = (file: string) => `
  const dns = require('node:dns');
  const { readFileSync } = require('node:fs');
  const { syncBuiltinESMExports } = require('node:module');
  const { lookup, promises } = dns;
  const lookupPromised = promises.lookup;
  const find = (name) => {
    const found = readFileSync(${JSON.stringify(file)}, 'utf8').split(',').filter(Boolean);
    if (found.length === 0) throw Object.assign(new Error('getaddrinfo ENOTFOUND ' + name), { code: 'ENOTFOUND' });
    return found.map((address) => ({ address, family: 4 }));
  };
  promises.lookup = async (name, options) => (name.endsWith('.test') ? find(name) : lookupPromised(name, options));
  dns.lookup = (name, options, callback) => {
    if (!name.endsWith('.test')) return lookup(name, options, callback);
    promises.lookup(name).then((found) => callback(null, found), callback);
  };
  syncBuiltinESMExports();
`;

let folder: string;
let daemon: Daemon;
let authority: Authority;
let stranger: Authority;
/** Certificates of the predictor. */
let pairs: Readonly<Record<'right' | 'strange' | 'expired' | 'elsewhere', Pair>>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-names-'));
  await writeFile(path.join(folder, 'resolver.cjs'), resolver(path.join(folder, 'addresses')));
  [authority, stranger] = await Promise.all([createAuthority('ca'), createAuthority('stranger')]);
  const [right, strange, expired] = await Promise.all([
    authority.issue('right'),
    stranger.issue('strange'),
    authority.issue('expired', { isExpired: true }),
  ]);
  await writeFile(path.join(authority.folder, 'names'), 'subjectAltName=DNS:elsewhere.example\n');
  pairs = { right, strange, expired, elsewhere: await authority.issue('elsewhere') };
  daemon = await startDaemon({ env: { NODE_OPTIONS: `--require=${path.join(folder, 'resolver.cjs')}` } });
});
afterAll(async () => {
  await Promise.all([daemon?.close(), authority?.close(), stranger?.close()]);
  await rm(folder, { recursive: true, force: true });
});

async function register(name: string, lines: readonly string[]): Promise<void> {
  await addArchive(daemon.store, { name, source: PLAIN, config: lines.join('\n') });
  await registerModels(daemon, [name]);
}

const ask = (name: string) => sendJson(`${daemon.inference}/v1/models/${name}:predict`, { instances: [[80, 3, 12]] });
const priced = (price: number) => write(response(JSON.stringify({ predictions: [[price]] })));
const pem = ({ key, cert }: Pair) => ({ key: readFileSync(key), cert: readFileSync(cert) });

describe('a predictor of TLS', () => {
  let predictor: RawPredictor;
  let plain: ScriptedServer;
  let port: number;
  let plainPort: number;

  beforeAll(async () => {
    [port, plainPort] = [await freePort(), await freePort()];
    predictor = await startRawPredictor(priced(258), { port, tls: pem(pairs.right) });
    plain = await startServer(json({ predictions: [[258]] }), { port: plainPort });
    const trusted = [`predictor_ca_file: "${authority.own.cert}"`, 'predictor_use_ssl: true'];
    await register('secure', [`predictor_host: "127.0.0.1:${port}"`, ...trusted]);
    await register('secure-to-plain', [`predictor_host: "127.0.0.1:${plainPort}"`, ...trusted]);
    await register('plain-to-secure', [`predictor_host: "127.0.0.1:${port}"`]);
  });
  afterAll(() => Promise.all([predictor?.close(), plain?.close()]));

  it.each([
    ['strange', /self-signed|unable to (get|verify)/],
    ['expired', /expired/],
    ['elsewhere', /127\.0\.0\.1.*(altnames|cert)/],
  ] as const)('whose certificate is %s is a 503 that says why, until it has the right one', async (name, reason) => {
    expect(await ask('secure')).toMatchObject({ status: 200 });
    predictor.setCertificate(pem(pairs[name]));
    // The connection of before ended, and the first request may not know it yet.
    await expect.poll(async () => (await ask('secure')).text).toMatch(reason);
    const { status, text } = await ask('secure');
    expect([status, text]).toEqual([503, expect.stringMatching(`Predictor https://127.0.0.1:${port}: no connection`)]);
    predictor.setCertificate(pem(pairs.right));
    expect(await ask('secure')).toMatchObject({ status: 200 });
  });

  it.each(['secure-to-plain', 'plain-to-secure'])('that is asked %s is a 503', async (name) => {
    const place = name === 'plain-to-secure' ? `http://127.0.0.1:${port}` : `https://127.0.0.1:${plainPort}`;
    const { status, text } = await ask(name);
    expect([status, text]).toEqual([503, expect.stringContaining(`Predictor ${place}`)]);
  });
});

describe('a predictor whose name moves', () => {
  const point = (...addresses: string[]) => writeFile(path.join(folder, 'addresses'), addresses.join(','));

  /** Starts one that answers with a price. */
  type Start = (price: number, place: { port: number; host: string }) => Promise<{ close(): Promise<void> }>;
  const priceOf = async (name: string) => (await ask(name)).json<{ predictions?: unknown }>().predictions;

  it.each<readonly [string, Start, string]>([
    ['REST', (price, place) => startRawPredictor(priced(price), place), 'v1'],
    [
      'gRPC',
      (price, place) =>
        startGrpcPredictor(grpcAnswer(grpcFrame(pricesMessage(new Uint8Array(Float32Array.of(price).buffer)))), place),
      'grpc-v2',
    ],
  ])('is found over %s where it went, and where it is there twice', async (_, start, protocol) => {
    const port = await freePort();
    const name = `moving-${protocol}`;
    await point('127.0.0.2');
    let first = await start(2, { port, host: '127.0.0.2' });
    const second = await start(3, { port, host: '127.0.0.3' });
    try {
      await addArchive(daemon.store, {
        name,
        source: FEATURES,
        config: `predictor_host: "models.test:${port}"\npredictor_protocol: ${protocol}\n`,
      });
      await registerModels(daemon, [name]);
      expect(await priceOf(name)).toEqual([[2]]);

      await point('127.0.0.3');
      await first.close();
      await expect.poll(() => priceOf(name)).toEqual([[3]]);

      first = await start(2, { port, host: '127.0.0.2' });
      await second.close();
      await point('127.0.0.3', '127.0.0.2');
      await expect.poll(() => priceOf(name)).toEqual([[2]]);
      // The one that does not connect is left out, or another stands in for it.
      for (let count = 0; count < 10; count += 1) expect(await priceOf(name)).toEqual([[2]]);
    } finally {
      await first.close();
    }
  });

  it('and has no address is a 503 that says so', async () => {
    await point();
    await register('nowhere', ['predictor_host: "nowhere.test:1"']);
    const { status, text } = await ask('nowhere');
    expect([status, text]).toEqual([503, expect.stringContaining('Predictor http://nowhere.test:1')]);
  });
});
