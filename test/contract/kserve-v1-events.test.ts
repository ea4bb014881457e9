/** Whatever comes as a CloudEvent, in headers or in JSON: it is answered as an event, read as none, or refused with 4xx. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kserveV1Codec } from '../../packages/server/src/protocols/kserve-v1/codec.ts';
import type { ReplyMeta } from '../../packages/server/src/protocols/reply-meta.ts';
import { replyMetaProblem } from '../../packages/server/src/protocols/reply-meta.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { mutate } from '../helpers/mutate.ts';
import { createRandom, type Random } from '../helpers/random.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

const MODEL = { name: 'echo', version: '1.0', signature: { inputs: [], outputs: [] } };
const INSTANCES = [1, 'x', { a: [true, null] }];
const RIGHT = { specversion: '1.0', id: '1', source: '/tests', type: 'a.request' };
const ODD_TEXTS = ['', ' ', '1.0', '0.3', '2', 'ä', '\u{1F600}', '\0', 'a'.repeat(300), '%00', '\ud800', '__proto__'];
const ODD = [...ODD_TEXTS, null, true, 0, -1, Infinity, [], {}, ['1.0'], { specversion: '1.0' }];
const NAMES = ['specversion', 'id', 'source', 'type', 'time', 'datacontenttype', 'dataschema', 'subject'];
const MORE_NAMES = [...NAMES, 'data', 'data_base64', 'extension', 'Upper', 'with-dash', 'toString', '__proto__', ''];
const TYPES = ['application/json', 'application/cloudevents+json', 'application/octet-stream', 'avro/binary', ''];

interface Question {
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly contentType: string;
  readonly body: Buffer;
  /** Whether it is an event in headers, or in JSON, as it should be; undefined when something was changed. */
  readonly right?: 'binary' | 'structured';
}

function damagedAttributes(random: Random): Record<string, unknown> {
  const attributes: Record<string, unknown> = { ...RIGHT };
  for (let change = random.integer(0, 3); change > 0; change -= 1) {
    const name = random.pick(MORE_NAMES);
    if (random.integer(0, 3) === 0) delete attributes[name];
    else Object.defineProperty(attributes, name, { value: random.pick(ODD), enumerable: true, configurable: true });
  }
  return attributes;
}

function randomQuestion(random: Random): Question {
  const isRight = random.integer(0, 5) === 0;
  const attributes = isRight ? RIGHT : damagedAttributes(random);
  if (random.next() < 0.5) {
    const data = { instances: INSTANCES };
    const json = Buffer.from(JSON.stringify({ data, ...attributes }));
    const contentType = isRight ? 'application/cloudevents+json' : random.pick(TYPES);
    const body = isRight || random.next() < 0.5 ? json : mutate(json, random);
    return { headers: ['content-type', contentType], contentType, body, ...(isRight && { right: 'structured' }) };
  }
  const headers = Object.entries(attributes).flatMap(([name, value]) => [
    `${random.pick(['ce-', 'CE-', 'Ce-'])}${name}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const json = Buffer.from(JSON.stringify({ instances: INSTANCES }));
  const contentType = isRight ? 'application/json' : random.pick(TYPES);
  const body = isRight || random.next() < 0.7 ? json : mutate(json, random);
  return { headers: [...headers, 'content-type', contentType], contentType, body, ...(isRight && { right: 'binary' }) };
}

/** What becomes of it, with a handler that answers what it gets. */
function answer({ headers, contentType, body }: Question): { readonly meta: ReplyMeta; readonly body: Buffer } {
  const inputs = [{ name: 'body', contentType, bytes: body }];
  const { rows, reply } = kserveV1Codec.decode({ operation: 'predict', headers, inputs }, MODEL);
  const results = rows.map((row) => row.data ?? row.body);
  const overrides = rows.map(() => ({ headers: {} }));
  const encoded = kserveV1Codec.encode({ results, overrides, reply }, MODEL);
  return { meta: encoded.meta as ReplyMeta, body: Buffer.from(encoded.body) };
}

function expectEvent(right: 'binary' | 'structured', meta: Pick<ReplyMeta, 'contentType' | 'headers'>, body: string) {
  const attributes = { type: 'io.kserve.inference.response', source: 'io.kserve.inference.echo' };
  const json: unknown = JSON.parse(body);
  if (right === 'structured') {
    expect(meta.contentType).toBe('application/cloudevents+json');
    expect(json).toMatchObject({ ...attributes, data: { predictions: INSTANCES } });
  } else {
    expect(meta.headers).toMatchObject({ 'ce-type': attributes.type, 'ce-source': attributes.source });
    expect(json).toEqual({ predictions: INSTANCES });
  }
}

it('of 10,000 through the codec', () => {
  const random = createRandom(3);
  const counts = { right: 0, refused: 0, other: 0 };
  for (let round = 0; round < 10_000; round += 1) {
    const question = randomQuestion(random);
    try {
      const { meta, body } = answer(question);
      expect(replyMetaProblem(meta)).toBeUndefined();
      if (question.right === undefined) counts.other += 1;
      else {
        counts.right += 1;
        expectEvent(question.right, meta, body.toString('utf8'));
      }
    } catch (error) {
      expect(error).toMatchObject({ name: 'PredictionError', status: 400 });
      expect((error as Error).message).not.toBe('');
      expect(question.right).toBeUndefined();
      counts.refused += 1;
    }
  }
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(1000);
});

describe('of several hundred through a socket', () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startDaemon({
      fill: async (store) => {
        await addArchive(store, { name: 'echo', source: ECHO });
      },
    });
    await registerModels(daemon, ['echo']);
  });

  afterAll(() => daemon.close());

  /** As it is: a header may have bytes that no client of HTTP sends. */
  async function ask({ headers, body }: Question): Promise<{ readonly head: string; readonly body: string }> {
    const socket = await openConnection(daemon.inference);
    const fields = headers.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
    const end = `content-length: ${body.length}\r\nconnection: close\r\n\r\n`;
    socket.write(`POST /v1/models/echo:predict HTTP/1.1\r\nhost: 127.0.0.1\r\n${fields}${end}`);
    socket.write(body);
    const text = await readUntil(socket);
    socket.end();
    if (!socket.destroyed) await once(socket, 'close');
    const at = text.indexOf('\r\n\r\n');
    return { head: text.slice(0, at), body: Buffer.from(text.slice(at + 4), 'latin1').toString('utf8') };
  }

  it('nothing crashes', async () => {
    const random = createRandom(4);
    const statuses = new Map<number, number>();
    for (let round = 0; round < 40; round += 1) {
      const questions = Array.from({ length: 10 }, () => randomQuestion(random));
      const answers = await Promise.all(questions.map(ask));
      for (const [index, { head, body }] of answers.entries()) {
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const { right } = questions[index] as Question;
        if (right === undefined) continue;
        const lines = head.split('\r\n').slice(1);
        const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]));
        expectEvent(right, { contentType: headers['content-type'] ?? '', headers }, body);
      }
    }
    expect(new Set(statuses.keys())).toEqual(new Set([200, 400]));
    expect((await send(`${daemon.inference}/v1/models/echo`)).status).toBe(200);
    expect(daemon.output()).not.toMatch(/"level":"error"|worker.*(died|ended)/);
  });
});
