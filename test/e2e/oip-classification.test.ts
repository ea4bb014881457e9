/** Triton's extensions of a request: classes in place of an output, parameters, how long a client waits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel, zipMapModel } from '../fixtures/onnx-models.ts';
import { GATE } from '../fixtures/gate-handler.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { holdUp } from '../helpers/gate.ts';
import { infer, inferBinary } from '../helpers/oip.ts';

const SCORES = `
  export default class Scores {
    getSignature() {
      return { inputs: [{ name: 'x', type: 'int32', shape: [-1] }], outputs: [
        { name: 'scores', type: 'float32', shape: [-1, 4] }, { name: 'counts', type: 'int64', shape: [3] },
        { name: 'big', type: 'float64', shape: [2] }, { name: 'half', type: 'float16', shape: [2] },
        { name: 'text', type: 'string', shape: [1] } ] };
    }
    handle(rows) {
      return rows.map(() => ({
        scores: { type: 'float32', shape: [2, 4], data: Float32Array.of(0.1, 0.5, NaN, 0.25, -1, 0, 0, -Infinity) },
        counts: { type: 'int64', shape: [3], data: BigInt64Array.of(1n, 2n ** 60n, -1n) },
        big: { type: 'float64', shape: [2], data: Float64Array.of(1e22, Infinity) },
        half: { type: 'float16', shape: [2], data: new Uint16Array(2) },
        text: { type: 'string', shape: [1], data: ['a'] },
      }));
    }
  }
`;
const NAMES = { 0: ['n01', 'tench'], 1: 'shark', 3: 'ray' };

let daemon: Daemon;
const model = (name: string) => `${daemon.inference}/v2/models/${name}`;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      const files = { 'index_to_name.json': JSON.stringify(NAMES) };
      await addArchive(store, { name: 'scores', source: SCORES, files });
      await addArchive(store, { name: 'odd', source: SCORES, files: { 'index_to_name.json': 'no JSON' } });
      await addArchive(store, { name: 'species', model: zipMapModel(['cat', 'dog', 'owl']) });
      await addArchive(store, { name: 'gate', source: GATE });
      await addArchive(store, { name: 'same', model: identityModel({ shape: ['batch'] }) });
    },
  });
  await registerModels(daemon, ['scores', 'odd', 'species', 'same', 'gate']);
});

afterAll(() => daemon.close());

const INPUTS = [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }];

interface Output {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: readonly string[];
}

async function classesOf(name: string, output: string, classification: unknown, inputs: unknown = INPUTS) {
  const answer = await infer(model(name), { inputs, outputs: [{ name: output, parameters: { classification } }] });
  return answer.status === 200 ? answer.json<{ outputs: Output[] }>().outputs[0] : answer.json().error;
}

describe('classification', () => {
  it('has the greatest values of each row, with their places and names', async () => {
    expect(await classesOf('scores', 'scores', 3)).toEqual({
      name: 'scores',
      datatype: 'BYTES',
      shape: [2, 3],
      data: [
        '0.500000:1:shark',
        '0.250000:3:ray',
        '0.100000:0:tench',
        '0.000000:1:shark',
        '0.000000:2',
        '-1.000000:0:tench',
      ],
    });
  });

  it('has all classes where more are asked for, and what is no number last', async () => {
    const all = (await classesOf('scores', 'scores', 100)) as Output;
    expect([all.shape, all.data[3], all.data[7]]).toEqual([[2, 4], 'nan:2', '-inf:3:ray']);
  });

  it('has exact integers, floats of any size, and no names that cannot be read', async () => {
    expect(await classesOf('odd', 'counts', 1)).toMatchObject({ shape: [1], data: [`${2n ** 60n}:1`] });
    expect(await classesOf('odd', 'big', 2)).toMatchObject({ data: ['inf:1', '10000000000000000000000.000000:0'] });
  });

  it('takes the labels of the graph', async () => {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [0.25, 0.75, 0] }];
    const metadata = await fetch(model('species')).then(
      (response) => response.json() as Promise<{ inputs: { name: string }[]; outputs: { name: string }[] }>,
    );
    const named = [{ ...inputs[0], name: metadata.inputs[0]?.name }];
    const classes = (await classesOf('species', metadata.outputs.at(-1)?.name ?? '', 1, named)) as Output;
    expect(classes.data?.[0]).toMatch(/:(cat|dog|owl)$/);
  });

  it('leaves an output as it is with 0, and comes as bytes where that is asked for', async () => {
    expect(await classesOf('scores', 'counts', 0)).toMatchObject({ datatype: 'INT64' });
    const outputs = [{ name: 'counts', parameters: { classification: 1, binary_data: true } }];
    const { binary } = await inferBinary(model('scores'), {
      json: { inputs: INPUTS, outputs },
      bytes: Buffer.alloc(0),
    });
    expect(binary.subarray(4).toString()).toBe(`${2n ** 60n}:1:shark`);
    expect(binary.readUInt32LE()).toBe(binary.length - 4);
  });

  it.each([
    ['scores', -1, 'expected an integer from 0 on, got -1'],
    ['scores', 1.5, 'got 1.5'],
    ['scores', 'two', 'got "two"'],
    ['half', 1, 'classes of numbers alone'],
    ['text', 1, 'it is BYTES'],
  ])('is refused for %s by %j', async (output, count, text) => {
    expect(await classesOf('scores', output, count)).toContain(text);
  });
});

describe('the schedule policy', () => {
  const text = (value: string) => [{ name: 'body', datatype: 'BYTES', shape: [1], data: [value] }];

  it('ends a request whose time is over, before it reaches a worker', async () => {
    const { letGo } = await holdUp(daemon, 'gate');
    const late = infer(model('gate'), { parameters: { timeout: 100_000 }, inputs: text('late') });
    expect([(await late).status, (await late).json().error]).toEqual([504, expect.stringContaining('within 100 ms')]);
    const bytes = Buffer.alloc(400_000);
    const json = {
      parameters: { timeout: 50_000 },
      inputs: [{ name: 'x', datatype: 'UINT8', shape: [bytes.length], parameters: { binary_data_size: bytes.length } }],
    };
    expect((await inferBinary(model('gate'), { json, bytes })).status).toBe(504);
    await letGo();
    const parameters = { timeout: 60_000_000, priority: 1 };
    expect((await infer(model('gate'), { parameters, inputs: text('in time') })).status).toBe(200);
  });

  it('is refused where the daemon would have to read much JSON for it', async () => {
    const request = { parameters: { timeout: 1 }, inputs: text('x'.repeat(70_000)) };
    const answer = await infer(model('gate'), request);
    expect([answer.status, answer.json().error]).toEqual([400, expect.stringContaining('Send tensors as binary data')]);
    expect((await infer(model('gate'), { ...request, parameters: { timeout_s: 1 } })).status).toBe(200);
  });
});

describe('parameters', () => {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }];

  it.each([
    [{ priority: 1, timeout: 5_000_000, sequence_id: 7, sequence_start: true, sequence_end: false, own: 'x' }],
    [{ sequence_id: 'chat', timeout: 0 }],
  ])('%j are taken', async (parameters) => {
    expect((await infer(model('same'), { inputs, parameters })).status).toBe(200);
  });

  it.each([
    ['priority', -1],
    ['priority', 'high'],
    ['timeout', 1.5],
    ['timeout', true],
    ['sequence_id', -1],
    ['sequence_start', 1],
    ['headers', 'x'],
  ])('"%s" is refused with %j', async (name, value) => {
    const answer = await infer(model('same'), { inputs, parameters: { [name]: value } });
    expect([answer.status, answer.json().error]).toEqual([400, expect.stringContaining(`Parameter "${name}"`)]);
  });
});
