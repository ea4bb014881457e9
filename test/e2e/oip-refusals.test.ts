/** Requests of the Open Inference Protocol that are wrong, and what their clients are told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel, sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post } from '../helpers/http.ts';
import { infer, inferBinary, SUM_INPUTS } from '../helpers/oip.ts';

const HANDLERS = {
  nothing: `export function handle(data) { return data?.map(() => undefined); }`,
  throwing: `export function handle(data) { if (data) throw new Error('no'); }`,
};

let daemon: Daemon;
const model = (name: string) => `${daemon.inference}/v2/models/${name}`;

beforeAll(async () => {
  daemon = await startDaemon();
  const { store } = daemon;
  await addArchive(store, { name: 'sum', model: sumAndDifferenceModel() });
  await addArchive(store, { name: 'same_FP32', model: identityModel({ shape: ['batch'] }) });
  for (const [name, source] of Object.entries(HANDLERS)) await addArchive(store, { name, source });
  await registerModels(daemon, ['sum', 'same_FP32', ...Object.keys(HANDLERS)]);
});

afterAll(() => daemon.close());

describe('a wrong request is refused', () => {
  const [a, b] = SUM_INPUTS;
  const FP32 = { datatype: 'FP32', shape: [1, 2] };

  it.each<readonly [string, number, string, unknown]>([
    ['that is no JSON', 400, 'The request is not JSON', '{"inputs":'],
    ['that is no object', 400, 'expected a JSON object, got [1]', [1]],
    ['that is empty', 400, 'The request is empty', ''],
    [
      'that is nested too deep',
      400,
      'too deep',
      `{"inputs":${'['.repeat(100_000)}12345678901234567890${']'.repeat(100_000)}}`,
    ],
    ['without inputs', 400, 'expected a list of "inputs", got nothing', {}],
    ['with an unknown input', 400, 'Unknown input "c"', { inputs: [a, { ...b, name: 'c' }] }],
    ['without an input', 400, 'Missing input "b"', { inputs: [a] }],
    ['with an input twice', 400, 'Input "a" is there twice', { inputs: [a, a] }],
    ['with an input without a name', 400, 'inputs[0]: expected a "name", got nothing', { inputs: [{ ...FP32 }] }],
    [
      'of another datatype',
      400,
      'Input "b": expected FP32 [-1, 2], got INT32',
      { inputs: [a, { ...b, datatype: 'INT32' }] },
    ],
    ['of an unknown datatype', 400, 'got "BF16"', { inputs: [a, { ...b, datatype: 'BF16' }] }],
    ['of a negative shape', 400, 'got [-1, 2]', { inputs: [a, { ...b, shape: [-1, 2] }] }],
    ['of a shape beyond numbers', 400, 'a "shape"', { inputs: [a, { ...b, shape: [2 ** 40, 2 ** 40] }] }],
    ['of too few elements', 400, 'which has 2 elements; got 1', { inputs: [a, { ...b, data: [1] }] }],
    ['of another shape than its data', 400, 'data of the shape [2, 1]', { inputs: [a, { ...b, data: [[1], [2]] }] }],
    ['of ragged data', 400, 'Input "b"', { inputs: [a, { ...b, shape: [2, 2], data: [[1, 2], [3]] }] }],
    ['of a wrong value', 400, 'got "x" at [1]', { inputs: [a, { ...b, data: [1, 'x'] }] }],
    ['of another rank than the model', 400, 'Input "b"', { inputs: [a, { ...b, shape: [1, 1, 2] }] }],
    ['without data', 400, 'got no "data"', { inputs: [a, { name: 'b', ...FP32 }] }],
    ['with an unknown output', 400, 'Unknown output "z"', { inputs: SUM_INPUTS, outputs: [{ name: 'z' }] }],
    [
      'with an output twice',
      400,
      'Output "sum" is there twice',
      { inputs: SUM_INPUTS, outputs: [{ name: 'sum' }, { name: 'sum' }] },
    ],
    ['with odd parameters', 400, 'as parameter "p", got an object', { inputs: SUM_INPUTS, parameters: { p: {} } }],
    ['with reserved parameters', 400, 'is reserved', { inputs: SUM_INPUTS, parameters: { triton_x: 1 } }],
    ['with shared memory', 501, 'Shared memory', { inputs: [{ ...a, parameters: { shared_memory_region: 'r' } }] }],
  ])('%s', async (_, status, message, request) => {
    const answer = await infer(model('sum'), request);
    expect([answer.status, answer.json().error]).toEqual([status, expect.stringContaining(message)]);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  const head = { name: 'x', datatype: 'FP32', shape: [2] };
  const binary = (size: unknown, more = {}) => ({
    inputs: [{ ...head, parameters: { binary_data_size: size }, ...more }],
  });

  it.each<readonly [string, string, unknown, number, string | undefined]>([
    ['short data', 'which are 8 bytes; got 4 bytes', binary(4), 4, undefined],
    ['less data than it says', 'said to have 8 bytes; there are 4', binary(8), 4, undefined],
    ['something behind its data', '1 bytes behind', binary(8), 9, undefined],
    ['data twice', 'both "data" and binary', binary(8, { data: [1, 2] }), 8, undefined],
    ['a wrong size', '"binary_data_size" -1', binary(-1), 8, undefined],
    ['a header beyond the body', 'Content-Length', binary(8), 8, '5000'],
    ['a negative header', 'Content-Length', binary(8), 8, '-1'],
    ['a header that is no number', 'Content-Length', binary(8), 8, 'ten'],
    ['a header beyond an integer', 'Content-Length', binary(8), 8, '99999999999'],
    ['raw data that is no tensor', 'bytes; got 3 bytes', undefined, 3, '0'],
  ])('with %s', async (_, message, json, bytes, header) => {
    const answer = await inferBinary(model('same_FP32'), { json, bytes: new Uint8Array(bytes), length: header });
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringContaining(message)]);
  });

  it.each(['systemsharedmemory/status', 'cudasharedmemory/region/r/register'])('of %s with 501', async (path) => {
    const answer = await post(`${daemon.inference}/v2/${path}`);
    expect([answer.status, answer.json().error]).toEqual([501, expect.stringContaining('Shared memory')]);
  });

  it('raw for a model with several inputs', async () => {
    const answer = await inferBinary(model('sum'), { bytes: new Uint8Array(8) });
    expect([answer.status, answer.json.error]).toEqual([400, expect.stringContaining('one input')]);
  });

  it.each([
    ['nobody', 404],
    ['sum/versions/9', 404],
    ['nothing', 500],
    ['throwing', 500],
  ])('by %s with %i', async (name, status) => {
    const answer = await infer(model(name), { inputs: SUM_INPUTS });
    expect(answer.status).toBe(status);
    expect(Object.keys(answer.json())).toEqual(['error']);
  });
});
