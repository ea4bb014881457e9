/** Answers that come in parts, over real sockets. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request, Agent, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STREAMER } from '../fixtures/streamer.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';
import { workersOf } from '../helpers/workers.ts';

/** Of an answer in parts, the whole counts. */
const GOLDEN = [
  { name: 'parts', request: { text: 'count 3' }, expect: { text: '0;1;2;' } },
  { name: 'sent', request: { text: 'sent 2 end' }, expect: { text: '0;1;end' } },
  { name: 'no parts', request: { text: 'none' }, expect: { text: '' } },
  { name: 'broken', request: { text: 'broken' }, expect: { status: 503 } },
];

let daemon: Daemon;
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-streaming-'));
  daemon = await startDaemon({
    config: { max_retry_timeout_in_sec: 3600 },
    fill: async (store) => {
      await addArchive(store, { name: 'streamer', source: STREAMER });
      await addArchive(store, { name: 'batched', source: STREAMER });
      await addArchive(store, { name: 'pair', source: STREAMER, golden: GOLDEN });
    },
  });
  await registerModels(daemon, ['streamer'], 'response_timeout=60');
  await registerModels(daemon, ['batched'], 'response_timeout=60&batch_size=3&max_batch_delay=60000');
});

afterAll(async () => {
  await daemon.close();
  await rm(folder, { recursive: true, force: true });
});

const newFile = () => path.join(folder, String((files += 1)));
const noted = (file: string) => readFile(file, 'utf8').catch(() => '');
const headers = { 'content-type': 'text/plain' };

function ask(body: string, model = 'streamer') {
  return send(`${daemon.inference}/predictions/${model}`, { method: 'POST', body, headers });
}

/** The response as soon as its headers are there. */
async function open(body: string, options: { agent?: Agent; model?: string } = {}): Promise<IncomingMessage> {
  const url = `${daemon.inference}/predictions/${options.model ?? 'streamer'}`;
  const question = request(url, { method: 'POST', headers, agent: options.agent ?? new Agent() });
  question.end(body);
  const [response] = (await once(question, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  return response;
}

/** Resolves when its connection is closed, be it before its end. */
function closed(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => (response.closed ? resolve() : response.once('close', () => resolve())));
}

/** What has come of it, at least a byte; nothing that comes later is missed. */
async function nextChunk(response: IncomingMessage): Promise<string> {
  for (;;) {
    const chunk = response.read() as Buffer | null;
    if (chunk !== null) return chunk.toString();
    await once(response, 'readable');
  }
}

async function readToItsEnd(response: IncomingMessage): Promise<void> {
  const ended = once(response, 'end');
  response.resume();
  await ended;
}

describe('an answer in parts', () => {
  it('has its first part at the client before the handler goes on', async () => {
    const file = newFile();
    const response = await open(`gated ${file}`);
    expect(response.headers['transfer-encoding']).toBe('chunked');
    expect(response.headers['content-length']).toBeUndefined();
    expect(response.headers['ts_stream_next']).toBe('true');
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(await nextChunk(response)).toBe('first');
    await writeFile(file, '');
    expect(await nextChunk(response)).toBe('second');
    await readToItsEnd(response);
  });

  it.each(['count 1000', 'sent 999 999;'])('has a thousand parts in their order: %s', async (body) => {
    const { status, text } = await ask(body);
    expect(status).toBe(200);
    expect(text).toBe(Array.from({ length: 1000 }, (_, n) => `${n};`).join(''));
  });

  it('has parts of each kind of result, and may have none', async () => {
    const { text, headers: json } = await ask('json');
    expect([text, json.get('content-type')]).toEqual(['{"a":1}raw', 'application/json']);
    expect(await ask('none')).toMatchObject({ status: 200, text: '' });
    expect((await ask('sent 3')).text).toBe('0;1;2;');
  });

  it('has the status and the headers that the handler set', async () => {
    const { status, text, headers: set } = await ask('teapot');
    expect([status, text, set.get('x-pot')]).toEqual([418, '0;1;', 'yes']);
  });

  it('is an error as any other when it fails before the first part', async () => {
    expect(await ask('refused')).toMatchObject({ status: 422, text: expect.stringContaining('no') as string });
  });

  it('leaves its connection to the next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    for (const body of ['count 3', 'plain', 'count 2']) {
      const response = await open(body, { agent });
      sockets.add(response.socket);
      await readToItsEnd(response);
    }
    agent.destroy();
    expect(sockets.size).toBe(1);
  });

  it('goes without chunks to a client of HTTP/1.0', async () => {
    const socket = await openConnection(daemon.inference);
    socket.write(
      'POST /predictions/streamer HTTP/1.0\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 7\r\n\r\ncount 3',
    );
    const answer = await readUntil(socket);
    socket.destroy();
    expect(answer).not.toContain('chunked');
    expect(answer).toMatch(/\r\n\r\n0;1;2;$/);
  });
});

describe('an answer in parts that ends early', () => {
  it.each(['broken', 'deadly'])('ends its connection without the last chunk: %s', async (body) => {
    const response = await open(body);
    expect(await nextChunk(response)).toBe('first');
    await closed(response);
    expect(response.complete).toBe(false);
    expect((await ask('fine')).text).toBe('fine');
  });

  it('because its worker was killed never has a clean end, and others go on', async () => {
    await registerModels(daemon, ['pair'], 'response_timeout=60&initial_workers=2');
    const described = await send(`${daemon.management}/models/pair`);
    expect(described.json()).toMatchObject([{ goldenRequests: { count: 4, status: 'passed' } }]);
    const [file, elsewhere] = [newFile(), newFile()];
    const [killed, spared, other] = await Promise.all([
      open(`named ${file}`, { model: 'pair' }),
      open(`named ${file}`, { model: 'pair' }),
      open(`gated ${elsewhere}`),
    ]);
    const [pid, sparedPid] = [await nextChunk(killed), await nextChunk(spared)];
    expect(sparedPid).not.toBe(pid);
    process.kill(Number(pid), 'SIGKILL');
    await closed(killed);
    expect(killed.complete).toBe(false);
    await Promise.all([file, elsewhere].map((each) => writeFile(each, '')));
    expect(await nextChunk(spared)).toBe('second');
    await Promise.all([readToItsEnd(spared), readToItsEnd(other)]);
    expect([spared.complete, other.complete]).toEqual([true, true]);
    const successors = async () =>
      (await workersOf(daemon, 'pair')).filter((worker) => worker.status === 'READY' && worker.pid !== Number(pid));
    await expect.poll(successors).toHaveLength(2);
  });

  it('is over when the time of the request is', async () => {
    const url = `${daemon.inference}/predictions/streamer`;
    const file = newFile();
    const question = request(url, { method: 'POST', headers: { ...headers, 'x-request-timeout-ms': '2000' } });
    question.end(`waiting ${file}`);
    const [response] = (await once(question, 'response')) as [IncomingMessage];
    response.on('error', () => {}).resume();
    await closed(response);
    expect(response.complete).toBe(false);
    await expect.poll(() => noted(file)).toBe('aborted\n');
  });
});

describe('a client that leaves', () => {
  it.each(['endless', 'waiting'])('ends the handler of its answer: %s', async (verb) => {
    const file = newFile();
    const response = await open(`${verb} ${file} 10`);
    await nextChunk(response);
    response.destroy();
    await expect.poll(() => noted(file)).toMatch(verb === 'endless' ? /^returned after \d+\n$/ : 'aborted\n');
    expect((await ask('fine')).text).toBe('fine');
  });

  it('that ends its side alone is one that leaves', async () => {
    const file = newFile();
    const socket = await openConnection(daemon.inference);
    const body = `waiting ${file}`;
    socket.write(
      `POST /predictions/streamer HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await readUntil(socket, (text) => text.includes('first'));
    socket.end();
    await expect.poll(() => noted(file)).toBe('aborted\n');
    socket.destroy();
  });
});

it('a slow reader holds up the handler, and not the memory of the server', async () => {
  const file = newFile();
  const status = () => readFile(`/proc/${daemon.pid}/status`, 'utf8');
  const residentMb = async () => Number(/VmRSS:\s+(\d+)/.exec(await status())?.[1]) / 1024;
  const before = await residentMb();
  const response = await open(`flood ${file}`);
  response.pause();
  let made = '';
  const isHeldUp = async () => {
    const last = made;
    made = await noted(file);
    return made !== '' && made === last;
  };
  await expect.poll(isHeldUp, { interval: 500 }).toBe(true);
  // Both ends' systems hold some megabytes; the handler would make thousands of parts in that time.
  expect(Number(made)).toBeLessThan(300);
  expect((await residentMb()) - before).toBeLessThan(64);
  response.resume();
  await expect.poll(async () => Number(await noted(file))).toBeGreaterThan(Number(made) + 300);
  response.destroy();
  await expect.poll(() => noted(file)).toMatch('returned');
});

describe('a batch with answers in parts', () => {
  it('interleaves them, and does not hold up its other answers', async () => {
    const [left, right] = [newFile(), newFile()];
    const answers = [ask(`turns ${left} ${right}`, 'batched'), ask(`turns ${right} ${left}`, 'batched')];
    expect((await Promise.all([...answers, ask('plain', 'batched')])).map(({ text }) => text)).toEqual([
      'turns1turns2',
      'turns1turns2',
      'plain',
    ]);
  });

  it('lets whole answers leave while others go on, and fails each alone', async () => {
    const file = newFile();
    const gated = open(`gated ${file}`, { model: 'batched' });
    const broken = open('broken', { model: 'batched' });
    expect((await ask('plain', 'batched')).text).toBe('plain');
    const response = await gated;
    expect(await nextChunk(response)).toBe('first');
    const failed = await broken;
    failed.resume();
    await closed(failed);
    expect(failed.complete).toBe(false);
    await writeFile(file, '');
    expect(await nextChunk(response)).toBe('second');
  });
});
