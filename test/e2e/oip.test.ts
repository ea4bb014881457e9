/** The Open Inference Protocol over REST, as its clients meet it: a real daemon, real sockets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addIdentities } from '../fixtures/identity-archives.ts';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { infer, inferBinary, SUM_INPUTS } from '../helpers/oip.ts';
import { sha256 } from '../helpers/sha256.ts';

const TYPES: readonly (readonly [datatype: string, json: string, bytes: number[] | undefined])[] = [
  ['BOOL', '[true,false]', [1, 0]],
  ['UINT8', '[0,255]', [0, 255]],
  ['UINT16', '[1,65535]', [1, 0, 255, 255]],
  ['UINT32', '[1,4294967295]', [1, 0, 0, 0, 255, 255, 255, 255]],
  ['UINT64', '[1,18446744073709551615]', [1, 0, 0, 0, 0, 0, 0, 0, ...Array<number>(8).fill(255)]],
  ['INT8', '[-128,127]', [128, 127]],
  ['INT16', '[-1,32767]', [255, 255, 255, 127]],
  ['INT32', '[-1,2147483647]', [255, 255, 255, 255, 255, 255, 255, 127]],
  ['INT64', '[9007199254740993,-1]', [1, 0, 0, 0, 0, 0, 32, 0, ...Array<number>(8).fill(255)]],
  ['FP32', '[0.10000000149011612,-0.0]', [205, 204, 204, 61, 0, 0, 0, 128]],
  ['FP64', '[Infinity,-Infinity]', [0, 0, 0, 0, 0, 0, 240, 127, 0, 0, 0, 0, 0, 0, 240, 255]],
  ['FP16', '', [0, 60, 0, 124]],
  ['BYTES', '["ä","\\"NaN\\""]', [2, 0, 0, 0, 195, 164, 5, 0, 0, 0, 34, 78, 97, 78, 34]],
];

const HANDLERS = {
  echo: `export function handle(data, context) {
    return data?.map((row, index) => {
      context.setResponseParameter(index, 'seen', Object.keys(context.getRequestParameters(index)).sort().join());
      const value = row.data ?? row.body;
      return Buffer.isBuffer(value) ? { bytes: value, count: value.length } : { value, keys: Object.keys(row).join() };
    });
  }`,
  declared: `export default class {
    getSignature() {
      return { inputs: [{ name: 'text', type: 'string', shape: [-1] }],
        outputs: [{ name: 'length', type: 'int32', shape: [-1] }, { name: 'big', type: 'int64', shape: [1] }] };
    }
    handle(data) { return data.map(({ text }) => ({ length: text.data.map((each) => each.length), big: 2n ** 60n })); }
  }`,
};

let daemon: Daemon;
let url: string;

beforeAll(async () => {
  daemon = await startDaemon();
  const { store } = daemon;
  await addArchive(store, { name: 'sum', model: sumAndDifferenceModel() });
  const identities = await addIdentities(store);
  for (const [name, source] of Object.entries(HANDLERS)) await addArchive(store, { name, source });
  await registerModels(daemon, ['sum', ...Object.keys(HANDLERS), ...identities]);
  url = `${daemon.inference}/v2`;
});

afterAll(() => daemon.close());

const FP32 = { datatype: 'FP32', shape: [1, 2] };
const model = (name: string) => `${url}/models/${name}`;

describe('the server', () => {
  it.each([
    ['', { name: 'marserve', extensions: expect.arrayContaining(['binary_tensor_data', 'parameters']) as unknown }],
    ['/health/live', { live: true }],
    ['/health/ready', { ready: true }],
  ])('answers GET /v2%s', async (path, expected) => {
    const answer = await send(url + path);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject(expected);
  });

  it('lists its models', async () => {
    const { models } = (await send(`${url}/models`)).json<{ models: string[] }>();
    expect(models).toContain('sum');
  });

  it('answers unknown paths of its own in some JSON', async () => {
    expect((await send(`${url}/nothing`)).status).toBe(404);
  });
});

describe('a model', () => {
  const TENSORS = (...names: string[]) => names.map((name) => ({ name, datatype: 'FP32', shape: [-1, 2] }));

  it.each(['', '/versions/1.0'])('tells what it takes and gives at …/sum%s', async (version) => {
    expect((await send(`${url}/models/sum${version}`)).json()).toEqual({
      name: 'sum',
      versions: ['1.0'],
      platform: expect.stringContaining('base_handler') as string,
      inputs: TENSORS('a', 'b'),
      outputs: TENSORS('sum', 'difference'),
      properties: { version: '1.0', digest: sha256(sumAndDifferenceModel()) },
    });
    expect((await send(`${url}/models/sum${version}/ready`)).json()).toEqual({ name: 'sum', ready: true });
  });

  it('has a configuration as Triton describes it', async () => {
    const answer = await send(`${url}/models/same_BYTES/versions/1.0/config`);
    expect(answer.json()).toEqual({
      name: 'same_BYTES',
      platform: 'node/base_handler',
      backend: 'marserve',
      version_policy: { specific: { versions: ['1.0'] } },
      max_batch_size: 0,
      input: [{ name: 'x', data_type: 'TYPE_STRING', dims: [-1] }],
      output: [{ name: 'y', data_type: 'TYPE_STRING', dims: [-1] }],
    });
  });

  it('that declares its tensors tells those, and one that does not tells none', async () => {
    expect((await send(`${url}/models/declared`)).json()).toMatchObject({
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      outputs: [
        { name: 'length', datatype: 'INT32', shape: [-1] },
        { name: 'big', datatype: 'INT64', shape: [1] },
      ],
    });
    expect((await send(`${url}/models/echo`)).json()).toMatchObject({ inputs: [], outputs: [] });
  });

  it.each(['nobody', 'nobody/ready', 'sum/versions/9', 'sum/versions/9/ready'])('%s is 404', async (path) => {
    const answer = await send(`${url}/models/${path}`);
    expect(answer.status).toBe(404);
    expect(Object.keys(answer.json())).toEqual(['error']);
  });

  it('without workers is not ready, which is 503', async () => {
    await addArchive(daemon.store, { name: 'idle', model: sumAndDifferenceModel() });
    await registerModels(daemon, ['idle'], 'initial_workers=0');
    const answer = await send(`${url}/models/idle/ready`);
    expect(answer.status).toBe(503);
    expect(answer.json()).toMatchObject({ name: 'idle', ready: false });
    expect((await send(`${url}/models/idle`)).status).toBe(503);
    expect((await infer(model('idle'), { inputs: SUM_INPUTS })).status).toBe(503);
  });
});

describe('an inference', () => {
  it('takes flat and nested data, and gives all outputs, the id and the version', async () => {
    const answer = await infer(model('sum/versions/1.0'), { id: 'x', inputs: SUM_INPUTS });
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.json()).toEqual({
      model_name: 'sum',
      model_version: '1.0',
      id: 'x',
      outputs: [
        { name: 'sum', ...FP32, data: [4, 6] },
        { name: 'difference', ...FP32, data: [-2, -2] },
      ],
    });
  });

  it('gives the outputs that were asked for, binary and not', async () => {
    const outputs = [{ name: 'difference' }, { name: 'sum', parameters: { binary_data: true } }];
    const answer = await inferBinary(model('sum'), { json: { inputs: SUM_INPUTS, outputs }, bytes: new Uint8Array() });
    expect(answer.contentType).toBe('application/octet-stream');
    expect(answer.json).toEqual({
      model_name: 'sum',
      model_version: '1.0',
      outputs: [
        { name: 'difference', ...FP32, data: [-2, -2] },
        { name: 'sum', ...FP32, parameters: { binary_data_size: 8 } },
      ],
    });
    expect(answer.binary).toEqual(Buffer.from(Float32Array.of(4, 6).buffer));
  });

  it.each(TYPES)('carries %s, as JSON and as bytes', async (datatype, json, bytes) => {
    const binary = Buffer.from(bytes ?? []);
    const head = { name: 'x', datatype, shape: [2] };
    const output = { name: 'y', datatype, shape: [2] };
    const input = { ...head, parameters: { binary_data_size: binary.length } };
    const answer = await inferBinary(model(`same_${datatype}`), {
      json: { inputs: [input], parameters: { binary_data_output: true } },
      bytes: binary,
    });
    expect(answer.json.outputs).toEqual([{ ...output, parameters: { binary_data_size: binary.length } }]);
    expect(answer.binary).toEqual(binary);
    const raw = await inferBinary(model(`same_${datatype}`), {
      bytes: datatype === 'BYTES' ? binary.subarray(4, 6) : binary,
    });
    expect(raw.binary).toEqual(datatype === 'BYTES' ? binary.subarray(0, 6) : binary);
    const text = JSON.stringify({ inputs: [{ ...head, data: '$' }] }).replace('"$"', json || '[1,2]');
    const asJson = await infer(model(`same_${datatype}`), text);
    if (datatype === 'FP16') expect(asJson.status).toBe(400);
    else expect(asJson.text).toContain(`"outputs":[{"name":"y","datatype":"${datatype}","shape":[2],"data":${json}}]`);
  });

  it('carries NaN as a bare token', async () => {
    const answer = await infer(
      model('same_FP32'),
      '{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[NaN, 1]}]}',
    );
    expect(answer.text).toContain('"data":[NaN,1]');
  });

  it('gives a handler of TorchServe what it looks for, parameters too, and its results as tensors', async () => {
    const text = { name: 'image', datatype: 'BYTES', shape: [1] };
    const asked = { parameters: { b: 1, a: 'x' }, inputs: [{ ...text, data: ['hello'] }] };
    expect((await infer(model('echo'), asked)).json()).toEqual({
      model_name: 'echo',
      model_version: '1.0',
      parameters: { seen: 'a,b' },
      outputs: [
        { name: 'value', datatype: 'BYTES', shape: [1], data: ['hello'] },
        { name: 'keys', datatype: 'BYTES', shape: [1], data: ['image'] },
      ],
    });
    const bytes = Buffer.from([3, 0, 0, 0, 255, 0, 254]);
    const input = { ...text, parameters: { binary_data_size: 7 } };
    const binary = await inferBinary(model('echo'), {
      json: { inputs: [input], parameters: { binary_data_output: true } },
      bytes,
    });
    expect(binary.json.outputs).toEqual([
      { name: 'bytes', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: 7 } },
      { name: 'count', datatype: 'FP64', shape: [1], parameters: { binary_data_size: 8 } },
    ]);
    expect(binary.binary.subarray(0, 7)).toEqual(bytes);
    const raw = await inferBinary(model('echo'), { bytes: Buffer.from([1, 2, 3]) });
    expect(raw.binary.subarray(0, 7)).toEqual(Buffer.from([3, 0, 0, 0, 1, 2, 3]));
    const lists = await infer(model('echo'), {
      inputs: [{ name: 'rows', datatype: 'INT64', shape: [2, 1], data: [1, 2] }],
    });
    expect(lists.json()).toMatchObject({
      outputs: [{ name: 'value', datatype: 'FP64', shape: [2, 1], data: [1, 2] }, {}],
    });
  });

  it('gives lists of a handler the types that it declares', async () => {
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [2], data: ['a', 'bcd'] }];
    expect((await infer(model('declared'), { inputs })).text).toContain(
      '"outputs":[{"name":"length","datatype":"INT32","shape":[2],"data":[1,3]},' +
        '{"name":"big","datatype":"INT64","shape":[1],"data":[1152921504606846976]}]',
    );
  });

  it.each(['gzip', 'deflate', 'identity'])('is answered in %s when its client asks for that', async (coding) => {
    const data = Array.from({ length: 1000 }, (_, index) => index);
    const response = await fetch(`${model('same_FP32')}/infer`, {
      method: 'POST',
      headers: { 'accept-encoding': coding },
      body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1000], data }] }),
    });
    expect(response.headers.get('content-encoding') ?? 'identity').toBe(coding);
    expect(await response.json()).toMatchObject({ outputs: [{ data }] });
  });
});
