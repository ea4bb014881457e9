/** Handlers that write to the wire themselves, or change what their worker is made of. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import {
  BEGUN_ANSWERS,
  HOSTILE_FRAMES,
  REAL_FRAMES,
  WIRE_WRITER,
  type FrameRecipe,
} from '../fixtures/hostile-frames.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';

/** Does what its request says, as code; `then` is asked afterwards. */
const SABOTEUR = `
  export default class Saboteur {
    handle(data) {
      for (const { body } of data) if (body !== 'then') new Function('process', body)(process);
      return data.map(() => [{ fine: true }]);
    }
  }
`;

/** Each costs a worker: every third of them every day, all with `npm run test:long`, which CI runs as well. */
const someOf = <T>(all: readonly T[]): readonly T[] =>
  process.env.MARSERVE_TESTS === 'long' ? all : all.filter((_, index) => index % 3 === 0);

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { max_retry_timeout_in_sec: 3600, retry_on_worker_death: false, access_log: 'off' },
    fill: async (store) => {
      await addArchive(store, { name: 'good', source: ECHO });
      await addArchive(store, { name: 'writer', source: WIRE_WRITER });
      await addArchive(store, { name: 'saboteur', source: SABOTEUR });
    },
  });
  await registerModels(daemon, ['good', 'writer', 'saboteur'], 'response_timeout=60&batch_size=1');
});

afterAll(() => daemon.close());

const writeFrame = (recipe: FrameRecipe) => sendJson(`${daemon.inference}/predictions/writer`, recipe);
const sabotage = (code: string) =>
  send(`${daemon.inference}/predictions/saboteur`, {
    method: 'POST',
    body: code,
    headers: { 'content-type': 'text/plain' },
  });

async function expectGoodNeighbour(): Promise<void> {
  expect((await sendJson(`${daemon.inference}/predictions/good`, [1, 2])).text).toBe('[1,2]');
  expect((await send(`${daemon.inference}/live`)).status).toBe(200);
}

async function framesRefused(): Promise<number> {
  const { text } = await send(`${daemon.metrics}/metrics?name[]=marserve_worker_frames_refused_total`);
  return Number(/model_name="writer",model_version="1.0"\} (\d+)/.exec(text)?.[1]);
}

describe('a frame that no worker should send', () => {
  it.each(someOf(Object.entries(HOSTILE_FRAMES)))(
    'with %s: ends its worker, and its request is answered',
    async (_, recipe) => {
      const before = await framesRefused();
      const [answer] = await Promise.all([writeFrame(recipe), expectGoodNeighbour()]);
      expect(answer.status).toBe(500);
      expect(answer.text).toContain('Worker died: what it sent could not be read.');
      expect(await framesRefused()).toBe(before + 1);
      expect((await writeFrame({})).text).toBe('fine');
    },
  );

  it.each(Object.entries(BEGUN_ANSWERS))('that is a whole answer behind %s: ends its worker', async (_, recipe) => {
    const before = await framesRefused();
    // Its client has the part by then.
    const answer = await writeFrame(recipe).catch(() => ({ text: '' }));
    expect(answer.text).toBe('');
    await expect.poll(framesRefused).toBe(before + 1);
    await expectGoodNeighbour();
    await expect.poll(async () => (await writeFrame({})).text).toBe('fine');
  });

  it('is not one that a worker may send', async () => {
    const before = await framesRefused();
    // Those that are no answers.
    for (const recipe of REAL_FRAMES.slice(-4)) expect((await writeFrame(recipe)).text).toBe('fine');
    const log = { kind: 7, text: '{"level":"info","message":"written by the handler itself"}' };
    expect((await writeFrame(log)).text).toBe('fine');
    await daemon.line('written by the handler itself');
    expect(await framesRefused()).toBe(before);
  });
});

const SABOTAGES = [
  'Array.prototype.toJSON = () => "mine"',
  'Array.prototype.toJSON = () => { throw new Error("mine") }',
  'Object.prototype.toJSON = () => "mine"',
  'Object.prototype.toJSON = () => undefined',
  'String.prototype.toJSON = Number.prototype.toJSON = Boolean.prototype.toJSON = () => null',
  'JSON.stringify = () => { throw new Error("mine") }',
  'JSON.parse = () => 5',
  'Buffer.prototype.writeUInt32BE = () => 0',
  'Buffer.prototype.subarray = () => { throw new Error("mine") }',
  'Buffer.from = Buffer.alloc = undefined',
  'Array.prototype.map = () => { throw new Error("mine") }',
  'process.on("unhandledRejection", () => {}); process.on("uncaughtException", () => {}); Array.prototype.flatMap = () => { throw new Error("mine") }',
  'process.on("uncaughtException", () => {}); Array.prototype.filter = () => { throw new Error("mine") }',
  'process.on("uncaughtException", () => {}); Array.prototype.push = () => 0',
  'Array.prototype.reduce = () => NaN',
  'delete Array.prototype[Symbol.iterator]',
  'Promise.prototype.then = () => new Promise(() => {})',
  'globalThis.Promise = undefined',
  'globalThis.setTimeout = globalThis.setImmediate = globalThis.queueMicrotask = () => {}',
  'performance.now = () => NaN',
  'process.exit = process.kill = () => {}; Array.prototype.map = undefined',
  'process.memoryUsage.rss = () => "much"',
  'Object.prototype.status = 5',
  'Object.prototype.headers = Object.prototype.reason = "a\\r\\nb"',
  'Object.keys = Object.entries = () => { throw new Error("mine") }',
  'Object.defineProperty(Object.prototype, "kind", { value: "stop" })',
];

describe('a handler that changes what its worker is made of', () => {
  it.each(someOf(SABOTAGES))('%s: has its requests answered all the same', async (code) => {
    const answers = [await sabotage(code), await sabotage('then')];
    for (const { status, text } of answers) {
      expect([200, 500, 503]).toContain(status);
      expect(text).not.toContain('response_timeout');
    }
    await expectGoodNeighbour();
    await sabotage('process.abort()');
    expect((await sabotage('then')).text).toBe('[{"fine":true}]');
  });
});
