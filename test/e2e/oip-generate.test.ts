/** Triton's generate extension, and answers in parts in the Open Inference Protocol and in V1. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

/** Says the words of a text one by one, as a language model would; the parameter `do` has it fail or wait. */
const WRITER = `
  import { appendFileSync, existsSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  async function* words(text, { do: what, file }) {
    try {
      for (const [index, word] of text.split(' ').entries()) {
        if (index === 1 && what === 'fail') throw new Error('the ink ran out');
        if (index === 1 && what === 'die') process.exit(3);
        if (index === 1 && what === 'wait') while (!existsSync(file)) await sleep(5);
        yield { text_output: word };
      }
    } finally {
      if (what === 'note') appendFileSync(file, 'returned');
    }
  }
  async function* endless({ file }) {
    try { for (;;) { yield { text_output: 'x'.repeat(10_000) }; } } finally { appendFileSync(file, 'returned'); }
  }
  export default class Writer {
    getSignature() {
      return { inputs: [{ name: 'text_input', type: 'string', shape: [1] }], outputs: [{ name: 'text_output', type: 'string', shape: [1] }] };
    }
    handle(rows, context) {
      return rows.map((row, index) => {
        const parameters = context.getRequestParameters(index);
        const [text] = row.text_input.data;
        if (parameters.do === 'refuse') throw Object.assign(new Error('no'), { name: 'PredictionError', status: 422 });
        if (parameters.do === 'endless') return endless(parameters);
        if (parameters.max_tokens !== undefined) context.setResponseParameter(index, 'tokens', parameters.max_tokens);
        return parameters.do === 'whole' ? { text_output: text } : words(text, parameters);
      });
    }
  }
`;
const ECHO = `export function handle(rows) { return rows?.map((row) => ({ ...row })); }`;
const STREAMING_V1 = `
  async function* parts() { yield 1; yield 2; }
  export function handle(rows) { return rows?.map(() => parts()); }
`;

let daemon: Daemon;
let folder: string;
let files = 0;
const file = () => path.join(folder, `file-${(files += 1)}`);
const url = (name: string, verb: string) => `${daemon.inference}/v2/models/${name}/${verb}`;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-generate-'));
  daemon = await startDaemon({
    config: { max_retry_timeout_in_sec: 3600 },
    fill: async (store) => {
      await addArchive(store, { name: 'writer', source: WRITER });
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'streaming', source: STREAMING_V1 });
      await addArchive(store, { name: 'sum', model: sumAndDifferenceModel() });
      await addArchive(store, { name: 'same_INT64', model: identityModel({ type: 'int64', shape: ['batch'] }) });
      await addArchive(store, { name: 'same_FP16', model: identityModel({ type: 'float16', shape: ['batch'] }) });
      await addArchive(store, { name: 'same_FP64', model: identityModel({ type: 'float64', shape: ['batch'] }) });
    },
  });
  await registerModels(daemon, ['writer', 'echo', 'streaming', 'sum', 'same_INT64', 'same_FP16', 'same_FP64']);
});

afterAll(async () => {
  await daemon.close();
  await rm(folder, { recursive: true, force: true });
});

/** The objects of an event stream; throws for what is no event. */
function eventsOf(text: string): Record<string, unknown>[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      expect(event).toMatch(/^data: \{.*\}$/);
      return JSON.parse(event.slice('data: '.length)) as Record<string, unknown>;
    });
}

const WRITER_FACTS = { model_name: 'writer', model_version: '1.0' };

describe('generate', () => {
  it('takes inputs and gives outputs by their names; a single element is a value', async () => {
    const answer = await sendJson(url('writer', 'generate'), {
      id: 'a',
      text_input: 'hello there',
      parameters: { do: 'whole', max_tokens: 20 },
    });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.json()).toEqual({ id: 'a', ...WRITER_FACTS, tokens: 20, text_output: 'hello there' });
  });

  it('takes and gives lists, in the axes that the model has', async () => {
    const answer = await sendJson(url('sum', 'generate'), { a: [1, 2], parameters: { b: [[3, 5]] } });
    expect(answer.json()).toEqual({ model_name: 'sum', model_version: '1.0', sum: [4, 7], difference: [-2, -3] });
    const big = await sendJson(url('same_INT64', 'generate'), '{"x": 9007199254740993}');
    expect(big.text).toContain('"y":9007199254740993');
    const odd = await sendJson(url('same_FP64', 'generate'), '{"x": [NaN, -Infinity, 0.1]}');
    expect(odd.text).toContain('"y":[NaN,-Infinity,0.1]');
  });

  it('makes inputs of all keys for a handler that does not say what it takes', async () => {
    const answer = await sendJson(url('echo', 'generate'), {
      text: 'a',
      n: 0.5,
      flags: [true, false],
      parameters: { text2: 1 },
    });
    expect(answer.json()).toEqual({
      model_name: 'echo',
      model_version: '1.0',
      text: 'a',
      n: 0.5,
      flags: [true, false],
    });
  });

  it.each([
    ['writer', '{', 400, 'not JSON'],
    ['writer', '', 400, 'not JSON'],
    ['writer', [1], 400, 'expected a JSON object'],
    ['writer', {}, 400, 'Missing input "text_input"'],
    ['writer', { text_input: 1 }, 400, 'text_input'],
    ['writer', { text_input: 'a', parameters: { text_input: 'b' } }, 400, 'is there twice'],
    ['writer', { text_input: 'a', parameters: [] }, 400, 'expected an object as "parameters"'],
    ['writer', { text_input: 'a', other: { deep: 1 } }, 400, 'parameter "other"'],
    ['writer', { text_input: 'a', triton_x: 1 }, 400, 'is reserved'],
    ['writer', { text_input: 'a', timeout: 'soon' }, 400, 'Parameter "timeout"'],
    ['writer', { text_input: 'a', parameters: { do: 'refuse' } }, 422, 'no'],
    ['sum', { a: [[1], [2, 3]], b: [1, 2] }, 400, 'Input "a"'],
    ['echo', { deep: { a: 1 } }, 400, 'expected a text, number or boolean'],
    ['same_FP16', { x: 1 }, 400, 'binary data'],
    ['nobody', { x: 1 }, 404, 'nobody'],
  ])('%s refuses %j: %i', async (name, body, status, text) => {
    for (const verb of ['generate', 'generate_stream', 'versions/1.0/generate']) {
      const answer = await sendJson(url(name, verb), body);
      expect([verb, answer.status, answer.json().error]).toEqual([verb, status, expect.stringContaining(text)]);
    }
  });
});

describe('generate_stream', () => {
  it('has an event for each part, and one for an answer that is whole', async () => {
    const answer = await sendJson(url('writer', 'generate_stream'), { text_input: 'how are you' });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(eventsOf(answer.text)).toEqual(
      ['how', 'are', 'you'].map((word) => ({ ...WRITER_FACTS, text_output: word })),
    );
    const whole = await sendJson(url('writer', 'versions/1.0/generate_stream'), { text_input: 'a\nb', do: 'whole' });
    expect(eventsOf(whole.text)).toEqual([{ ...WRITER_FACTS, text_output: 'a\nb' }]);
  });

  it('sends a part when the handler gives it', async () => {
    const gate = file();
    const body = JSON.stringify({ text_input: 'one two', do: 'wait', file: gate });
    const connection = await openConnection(daemon.inference);
    connection.write(
      `POST /v2/models/writer/generate_stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await readUntil(connection, (text) => text.includes('"one"'))).not.toContain('"two"');
    const second = readUntil(connection, (text) => text.includes('"two"'));
    await writeFile(gate, '');
    expect(await second).toContain('data: ');
    connection.destroy();
  });

  it.each([
    ['fail', 'the ink ran out'],
    ['die', 'died'],
  ])('tells in an event that the handler had to %s', async (what, text) => {
    const answer = await sendJson(url('writer', 'generate_stream'), { text_input: 'one two', do: what });
    expect(answer.status).toBe(200);
    const [first, second, ...others] = eventsOf(answer.text);
    expect([first?.text_output, others]).toEqual(['one', []]);
    expect(Object.keys(second ?? {})).toEqual(['error']);
    expect(String(second?.error)).toContain(text);
    await expect.poll(async () => (await send(url('writer', 'ready'))).status).toBe(200);
  });

  it('ends the handler’s iterator when the client leaves', async () => {
    const noted = file();
    const client = httpRequest(url('writer', 'generate_stream'), { method: 'POST' });
    client.on('error', () => {});
    client.end(JSON.stringify({ text_input: 'x', do: 'endless', file: noted }));
    const [response] = (await once(client, 'response')) as [NodeJS.ReadableStream];
    await once(response, 'data');
    client.destroy();
    await expect.poll(() => readFile(noted, 'utf8').catch(() => '')).toBe('returned');
  });
});

describe('an answer of several parts', () => {
  const INPUTS = [{ name: 'text_input', datatype: 'BYTES', shape: [1], data: ['one two'] }];

  it('is refused where one is expected, and its handler’s iterator is ended', async () => {
    for (const [verb, body] of [
      ['infer', { inputs: INPUTS }],
      ['generate', { text_input: 'one two' }],
    ] as const) {
      const noted = file();
      const parameters = { do: 'note', file: noted };
      const answer = await sendJson(url('writer', verb), { ...body, parameters });
      expect([verb, answer.status, answer.json().error]).toEqual([
        verb,
        501,
        expect.stringContaining('generate_stream'),
      ]);
      await expect.poll(() => readFile(noted, 'utf8').catch(() => '')).toBe('returned');
    }
  });

  it('is the answer when it is one part alone', async () => {
    const inputs = [{ ...INPUTS[0], data: ['one'] }];
    expect((await sendJson(url('writer', 'infer'), { inputs })).json()).toMatchObject({
      outputs: [{ name: 'text_output', data: ['one'] }],
    });
    expect((await sendJson(url('writer', 'generate'), { text_input: 'one' })).json()).toMatchObject({
      text_output: 'one',
    });
  });

  it('fails a request for one with its own error', async () => {
    const answer = await sendJson(url('writer', 'generate'), { text_input: 'one two', do: 'fail' });
    expect([answer.status, answer.json().error]).toEqual([500, expect.stringContaining('the ink ran out')]);
  });

  it('is refused in V1', async () => {
    const answer = await sendJson(`${daemon.inference}/v1/models/streaming:predict`, { instances: [1, 2] });
    expect([answer.status, answer.json().error]).toEqual([501, expect.stringContaining('in parts')]);
  });
});
