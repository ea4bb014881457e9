/** Answers in parts of a graph's last node, through the graph to the client. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request, Agent, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createV2Client, tensor } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STREAMER } from '../fixtures/streamer.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { workersOf } from '../helpers/workers.ts';

const ECHO = `export const handle = (rows) => rows && rows.map((row) => row.body ?? row);`;
const UPPER = `export const handle = (rows) => rows && rows.map(({ body }) => String(body).toUpperCase() + '!');`;
const COUNTER = `
  async function* count(to) { for (let n = 0; n < to; n += 1) yield n; }
  export const handle = (rows) => rows && rows.map(({ data }) => count(Number(data)));
`;

/** Asked by fields, as other servers' protocols have them. */
const FAR = `
  import { appendFileSync, existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  async function* gated(file) { yield 'first'; while (!existsSync(file)) await sleep(5); yield 'second'; }
  async function* waiting(file, signal) {
    yield 'first';
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    appendFileSync(file, 'aborted');
  }
  async function* broken() { yield 'first'; throw new Error('upset'); }
  export const handle = (rows, context) => rows && rows.map(({ body, data }, row) => {
    const [verb, file] = String(data?.data?.[0] ?? data ?? body).split(' ');
    if (verb === 'whole') return [[258]];
    return verb === 'gated' ? gated(file) : verb === 'broken' ? broken() : waiting(file, context.getSignal(row));
  });
`;

/** Nodes of other servers; here they are the same one. */
const farGraphs = ({ inference, grpcInference }: Daemon) => {
  const node = (protocol: string, url: string, model = 'far') => ({ url, protocol, model, stream: true });
  return {
    'far-torchserve': node('torchserve', inference),
    'far-grpc-torchserve': node('grpc-torchserve', grpcInference),
    'far-v2': node('v2', inference),
    'far-grpc-v2': node('grpc-v2', grpcInference),
    'far-last': { sequence: ['echo', node('torchserve', inference, 'streamer')] },
    'far-middle': { sequence: [node('torchserve', inference, 'streamer'), 'upper'] },
    'far-fallen': { ...node('torchserve', inference, 'streamer'), fallback: 'upper' },
  };
};

const GRAPHS = {
  last: { sequence: ['echo', 'streamer'] },
  switched: { switch: [{ when: 'instances', step: { sequence: ['echo', 'streamer'] } }] },
  routed: { router: { one: 'streamer', other: 'echo' }, policy: 'weighted', weights: { one: 1, other: 0 } },
  outer: { sequence: ['echo', 'last'] },
  middle: { sequence: ['streamer', 'upper'] },
  beside: { parallel: { parts: 'streamer', whole: 'echo' } },
  fallen: { sequence: ['echo', { model: 'streamer', fallback: 'upper' }] },
  soft: { sequence: ['echo', { model: 'streamer', dependency: 'soft' }] },
  counted: 'counter',
};

let daemon: Daemon;
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-graph-streams-'));
  const models = { streamer: STREAMER, echo: ECHO, upper: UPPER, counter: COUNTER, far: FAR };
  daemon = await startDaemon({
    fill: async (store) => {
      for (const [name, source] of Object.entries(models)) await addArchive(store, { name, source });
      for (const [name, graph] of Object.entries(GRAPHS)) {
        await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
      }
    },
  });
  const far = farGraphs(daemon);
  for (const [name, graph] of Object.entries(far)) {
    await addArchive(daemon.store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
  }
  const all = { ...models, ...GRAPHS, ...far };
  await registerModels(daemon, Object.keys(all), 'response_timeout=60');
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

const newFile = () => path.join(folder, String((files += 1)));
const noted = (file: string) => readFile(file, 'utf8').catch(() => '');
const headers = { 'content-type': 'text/plain' };
const PATIENT = { timeout: 60_000 };

async function ask(graph: string, body: string) {
  return send(`${daemon.inference}/predictions/${graph}`, { method: 'POST', body, headers });
}

/** The response as soon as its headers are there. */
async function open(graph: string, body: string): Promise<IncomingMessage> {
  const question = request(`${daemon.inference}/predictions/${graph}`, { method: 'POST', headers, agent: new Agent() });
  question.end(body);
  const [response] = (await once(question, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

/** What has come of it, at least a byte; nothing that comes later is missed. */
async function nextChunk(response: IncomingMessage): Promise<string> {
  for (;;) {
    const chunk = response.read() as Buffer | null;
    if (chunk !== null) return chunk.toString();
    await once(response, 'readable');
  }
}

describe('an answer in parts of the last node', () => {
  it.each(['last', 'switched', 'routed', 'outer'])(
    'has its first part at the client before the next is made: %s',
    async (graph) => {
      const file = newFile();
      const response = await open(graph, `gated ${file}`);
      expect(response.headers['ts_stream_next']).toBe('true');
      expect(await nextChunk(response)).toBe('first');
      await writeFile(file, '');
      expect(await nextChunk(response)).toBe('second');
      const ended = once(response, 'end');
      response.resume();
      await ended;
      expect(response.complete).toBe(true);
    },
  );

  it.each(['count 1000', 'sent 999 999;'])('has all parts, in their order: %s', async (body) => {
    const { status, text } = await ask('last', body);
    expect([status, text]).toEqual([200, Array.from({ length: 1000 }, (_, n) => `${n};`).join('')]);
  });

  it('may have one, or none, of any kind', async () => {
    expect((await ask('last', 'json')).text).toBe('{"a":1}raw');
    expect((await ask('last', 'sent 1')).text).toBe('0;');
    expect(await ask('last', 'none')).toMatchObject({ status: 200, text: '' });
    expect((await ask('last', 'plain')).text).toBe('plain');
  });

  it('is events for who asks for those, the same as of the node itself', async () => {
    const eventsOf = async (model: string) => {
      const url = `${daemon.inference}/v2/models/${model}/generate_stream`;
      const { text } = await send(url, { method: 'POST', body: '{"data": "3"}' });
      return text.replaceAll(model, 'MODEL').trim().split('\n\n');
    };
    const events = await eventsOf('counter');
    expect(events).toHaveLength(3);
    expect(await eventsOf('counted')).toEqual(events);
  });
});

describe('an answer in parts of the last node, which is one of another server,', () => {
  it.each(['far-torchserve', 'far-grpc-torchserve', 'far-last'])(
    'has its first part at the client before the next is made: %s',
    async (graph) => {
      const file = newFile();
      const response = await open(graph, `gated ${file}`);
      expect(await nextChunk(response)).toBe('first');
      await writeFile(file, '');
      expect(await nextChunk(response)).toBe('second');
      const ended = once(response, 'end');
      response.resume();
      await ended;
      expect(response.complete).toBe(true);
    },
  );

  it('is events where it is asked for those: far-v2', async () => {
    const client = createV2Client(daemon.inference);
    const file = newFile();
    const events = client.generateStream('far-v2', { data: `gated ${file}` });
    const first = await events.next();
    expect(first.value).toMatchObject({ model_name: 'far-v2' });
    expect(JSON.stringify(first.value)).toContain('first');
    await writeFile(file, '');
    expect(JSON.stringify((await events.next()).value)).toContain('second');
    expect((await events.next()).done).toBe(true);
    await client.close();
  });

  it('is answers of a stream of gRPC: far-grpc-v2', async () => {
    const client = createV2GrpcClient(daemon.grpcInference);
    const file = newFile();
    const inputs = { data: tensor('string', [1], [`gated ${file}`]) };
    const answers = client.inferStream([{ model: 'far-grpc-v2', inputs }]);
    const textsOf = ({ value }: Awaited<ReturnType<typeof answers.next>>) =>
      Object.values(value?.outputs ?? {}).map(({ data }) => data[0]);
    expect(textsOf(await answers.next())).toEqual(['first']);
    await writeFile(file, '');
    expect(textsOf(await answers.next())).toEqual(['second']);
    expect((await answers.next()).done).toBe(true);
    await client.close();
  });

  it.each(['far-torchserve', 'far-grpc-torchserve'])('ends the call when the client leaves: %s', async (graph) => {
    const file = newFile();
    const response = await open(graph, `waiting ${file}`);
    await nextChunk(response);
    response.destroy();
    await expect.poll(() => noted(file), PATIENT).toBe('aborted');
  });

  it.each(['far-torchserve', 'far-grpc-torchserve'])('that breaks off ends that of the client: %s', async (graph) => {
    const response = await open(graph, 'broken');
    expect(await nextChunk(response)).toBe('first');
    await new Promise<void>((resolve) => (response.closed ? resolve() : response.once('close', () => resolve())));
    expect(response.complete).toBe(false);
  });

  it('may be whole, is whole for a node behind it, and fails as any other before its first part', async () => {
    expect((await ask('far-torchserve', 'whole')).text).toBe('[[258]]');
    expect((await ask('far-grpc-torchserve', 'whole')).text).toBe('[[258]]');
    expect((await ask('far-middle', 'count 3')).text).toBe('0;1;2;!');
    expect((await ask('far-fallen', 'refused')).text).toBe('REFUSED!');
    expect(await ask('far-last', 'refused')).toMatchObject({ status: 422, text: expect.stringContaining('Node \\"streamer\\": Predictor http') as string }); // prettier-ignore
  });
});

describe('an answer in parts of another node', () => {
  it('is joined for the next one', async () => {
    expect((await ask('middle', 'count 3')).text).toBe('0;1;2;!');
    expect((await ask('middle', 'sent 2 end')).text).toBe('0;1;END!');
    expect(await ask('middle', 'json')).toMatchObject({ status: 502, text: expect.stringContaining('2 parts') as string }); // prettier-ignore
  });

  it('is joined with those beside it', async () => {
    expect((await ask('beside', 'count 3')).json()).toEqual({ parts: '0;1;2;', whole: 'count 3' });
  });
});

describe('a node that fails', () => {
  it('before its first part has its status, or its fallback', async () => {
    expect(await ask('last', 'refused')).toMatchObject({ status: 422, text: expect.stringContaining('Node \\"streamer\\": no') as string }); // prettier-ignore
    expect((await ask('fallen', 'refused')).text).toBe('REFUSED!');
    expect((await ask('soft', 'refused')).text).toBe('refused');
  });

  it.each([
    ['last', 'broken'],
    ['fallen', 'broken'],
    ['soft', 'broken'],
    ['last', 'deadly'],
  ])('behind its first part ends the connection without the last chunk: %s, %s', async (graph, body) => {
    const response = await open(graph, body);
    expect(await nextChunk(response)).toBe('first');
    await new Promise<void>((resolve) => (response.closed ? resolve() : response.once('close', () => resolve())));
    expect(response.complete).toBe(false);
    await expect.poll(async () => (await ask(graph, 'fine')).text, PATIENT).toBe('fine');
  });
});

describe('the client', () => {
  it.each(['endless', 'waiting'])('ends the node’s handler when it leaves: %s', async (verb) => {
    const file = newFile();
    const response = await open('outer', `${verb} ${file} 10`);
    await nextChunk(response);
    response.destroy();
    await expect.poll(() => noted(file), PATIENT).toMatch(verb === 'endless' ? /^returned after \d+\n$/ : 'aborted\n');
    expect((await ask('outer', 'fine')).text).toBe('fine');
  });

  it.each(['last', 'far-last'])('holds up the node’s handler when it is slow, and no memory: %s', async (graph) => {
    const file = newFile();
    const pids = [daemon.pid, ...(await workersOf(daemon, graph)).map(({ pid }) => pid)];
    const residentMb = async (pid: number | undefined) =>
      Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    const before = await Promise.all(pids.map(residentMb));
    const response = await open(graph, `flood ${file}`);
    response.pause();
    let made = '';
    const isHeldUp = async () => {
      const last = made;
      made = await noted(file);
      return made !== '' && made === last;
    };
    await expect.poll(isHeldUp, { ...PATIENT, interval: 500 }).toBe(true);
    // Both ends' systems hold some megabytes; the handler would make thousands of parts in that time.
    expect(Number(made)).toBeLessThan(300);
    const after = await Promise.all(pids.map(residentMb));
    after.forEach((mb, index) => expect(mb - (before[index] ?? 0)).toBeLessThan(64));
    response.resume();
    await expect.poll(async () => Number(await noted(file)), PATIENT).toBeGreaterThan(Number(made) + 300);
    response.destroy();
    await expect.poll(() => noted(file), PATIENT).toMatch('returned');
  });
});
