/** Large bodies of many clients at once, some of which leave: what an answer is made of are the bytes of its own request. */
import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOneModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { createRandom, type Random } from '../helpers/random.ts';

/** Gives back what it got in the batch before, of which it keeps one row, and what it gets now; it takes a moment for it. */
const KEEPER = `
  let kept;
  export async function handle(rows) {
    if (!rows) return undefined;
    const before = kept;
    const wasKept = before === undefined || before.bytes.every((byte) => byte === before.first);
    kept = { bytes: rows[0].body, first: rows[0].body[0] };
    await new Promise((resolve) => setImmediate(resolve));
    return rows.map(({ body }) => (wasKept ? body : 'what was kept has changed'));
  }
`;

/** Of the rows of tensors. */
const WIDTH = 100;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    config: { job_queue_size: 1000 },
    fill: async (store) => {
      await addArchive(store, { name: 'plus', model: addOneModel([-1, WIDTH]) });
      await addArchive(store, { name: 'keeper', source: KEEPER });
    },
  });
  await registerModels(daemon, ['plus', 'keeper'], 'batch_size=8');
});

afterAll(() => daemon.close());

/** A request, and the body of its answer. */
interface Exchange {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly expected: Buffer;
}

/** As many floats, all of one value. */
function floatsOf(value: number, count: number): Buffer {
  return Buffer.from(new Float32Array(count).fill(value).buffer);
}

const EXCHANGES: Readonly<Record<string, (value: number, count: number) => Exchange>> = {
  'binary tensors of the Open Inference Protocol': (value, count) => {
    const inputs = [
      { name: 'x', datatype: 'FP32', shape: [count / WIDTH, WIDTH], parameters: { binary_data_size: 4 * count } },
    ];
    // Of any length, so that tensors begin anywhere.
    const json = Buffer.from(
      JSON.stringify({ inputs, id: 'i'.repeat(value % 9), parameters: { binary_data_output: true } }),
    );
    return {
      target: '/v2/models/plus/infer',
      headers: { 'inference-header-content-length': String(json.length) },
      body: Buffer.concat([json, floatsOf(value, count)]),
      expected: floatsOf(value + 1, count),
    };
  },
  'raw tensors': (value, count) => ({
    target: '/predictions/plus',
    headers: { 'content-type': 'application/octet-stream' },
    body: floatsOf(value, count),
    expected: Buffer.from(
      JSON.stringify(Array.from({ length: count / WIDTH }, () => Array.from({ length: WIDTH }, () => value + 1))),
    ),
  }),
  'bytes for a handler that keeps them': (value, count) => {
    const body = Buffer.alloc(4 * count + (value % 7), value);
    return {
      target: '/predictions/keeper',
      headers: { 'content-type': 'application/octet-stream' },
      body,
      expected: body,
    };
  },
};

/** Sends all of it; what comes behind the JSON of an answer, or all of that. */
async function answerTo({ target, headers, body }: Exchange, agent: Agent): Promise<Buffer> {
  const sent = request(`${daemon.inference}${target}`, { method: 'POST', agent, headers: lengthOf(headers, body) });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  const jsonBytes = Number(answer.headers['inference-header-content-length'] ?? 0);
  return Buffer.concat(pieces).subarray(jsonBytes);
}

/** Sends a part of it, or all, and leaves. */
async function sendAndLeave({ target, headers, body }: Exchange, random: Random): Promise<void> {
  const sent = request(`${daemon.inference}${target}`, {
    method: 'POST',
    agent: false,
    headers: lengthOf(headers, body),
  });
  sent.on('error', () => {});
  const part = body.subarray(0, random.pick([random.integer(1, body.length), body.length]));
  await new Promise<void>((resolve) => sent.write(part, () => resolve()));
  sent.destroy();
}

function lengthOf(headers: Exchange['headers'], body: Buffer): Record<string, string> {
  return { ...headers, 'content-length': String(body.length) };
}

describe.each(Object.entries(EXCHANGES))('%s', (_, exchangeOf) => {
  it('are answered with what is their own, while other clients leave in the middle of theirs', async () => {
    const random = createRandom(17);
    const agent = new Agent({ keepAlive: true, maxSockets: 12 });
    const exchanges = Array.from({ length: 150 }, (__, index) => {
      const count = WIDTH * random.pick([random.integer(1, 400), random.integer(1000, 1600)]);
      return exchangeOf(1 + (index % 200), count);
    });
    const indices = exchanges.keys();
    const wrong: number[] = [];
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        for (const index of indices) {
          const exchange = exchanges[index] as Exchange;
          if (index % 5 === 4) await sendAndLeave(exchange, random);
          else if (!(await answerTo(exchange, agent)).equals(exchange.expected)) wrong.push(index);
        }
      }),
    );
    agent.destroy();
    expect(wrong).toEqual([]);
  });
});
