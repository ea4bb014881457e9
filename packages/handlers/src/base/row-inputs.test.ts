import { describe, expect, it } from 'vitest';
import {
  addOneModel,
  gatherModel,
  identityModel,
  sumAndDifferenceModel,
} from '../../../../test/fixtures/onnx-models.ts';
import { PredictionError } from '../prediction-error.ts';
import { createTensor } from '../tensor/tensor.ts';
import { serve } from '../test-support/serve.ts';

describe('what a row may be', () => {
  const bytes = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);

  it.each<[string, unknown, unknown]>([
    ['an item', [1, 2], [2, 3]],
    [
      'a batch of its own',
      [
        [1, 2],
        [3, 4],
      ],
      [
        [2, 3],
        [4, 5],
      ],
    ],
    ['a batch of one', [[1, 2]], [[2, 3]]],
    ['an object with the name of the input', { body: { x: [1, 2] } }, [2, 3]],
    ['a form field with the name of the input', { x: '[1, 2]' }, [2, 3]],
    ['the field data', { data: [1, 2] }, [2, 3]],
    ['text that holds JSON', '[1, 2]', [2, 3]],
    [
      'raw little-endian bytes',
      bytes,
      [
        [2, 3],
        [4, 5],
      ],
    ],
    [
      'bytes that are not aligned',
      Buffer.concat([Buffer.alloc(1), bytes]).subarray(1),
      [
        [2, 3],
        [4, 5],
      ],
    ],
    ['bytes of JSON, as curl -T sends them', Buffer.from(' [1, 2]\n'), [2, 3]],
    ['bytes of a JSON object', Buffer.from('{"x": [1, 2]}'), [2, 3]],
    ['raw bytes that begin and end like JSON', Buffer.from('[..\0...]'), [[expect.any(Number), expect.any(Number)]]],
    ['a tensor', { body: createTensor('float32', [2], [1, 2]) }, [2, 3]],
    ['floats that JSON has no number for', ['NaN', '-Infinity'], ['NaN', '-Infinity']],
  ])('%s', async (_, row, expected) => {
    expect(await serve(addOneModel(), [row])).toEqual([expected]);
  });

  it('text for a model that takes strings', async () => {
    const model = identityModel({ type: 'string', shape: ['batch'] });
    expect(await serve(model, ['hello', ['a', 'b'], '["c"]'])).toEqual(['hello', ['a', 'b'], ['c']]);
  });

  it('several inputs by name; several outputs come back by name', async () => {
    const result = { sum: [4, 6], difference: [-2, -2] };
    const row = { a: [1, 2], b: [3, 4] };
    expect(await serve(sumAndDifferenceModel(), [{ body: row }, row])).toEqual([result, result]);
  });

  it('integers beyond 2^53, which come back exact', async () => {
    const big = 9007199254740993n;
    expect(
      await serve(identityModel({ type: 'int64' }), [
        [big, 1],
        ['9007199254740993', -1],
      ]),
    ).toEqual([
      [big, 1],
      [big, -1],
    ]);
  });

  it('float16 as raw bytes', async () => {
    const row = Buffer.from(Uint16Array.of(0x3c00, 0xc000).buffer);
    expect(await serve(identityModel({ type: 'float16' }), [row])).toEqual([[[1, -2]]]);
  });

  it('a scalar for a model of rank 1', async () => {
    expect(await serve(gatherModel(), [2, [0, 1]])).toEqual([30, [10, 20]]);
  });
});

describe("a client's mistake is a PredictionError 400 of its row alone", () => {
  const expected = 'float32 [batch, 2]';

  it.each<[string, unknown, string, string?]>([
    ['a wrong shape', [1, 2, 3], `Input "x": expected ${expected} (or [2] for one item), got shape [3]`],
    ['a wrong type', ['a', 2], `Input "x": expected ${expected}, got "a" at [0]`],
    ['a ragged array', [[1, 2], [3]], `got an array of 1 at [1]`],
    [
      'an unknown name',
      { body: { y: [1, 2] } },
      `Request has unknown input "y" and missing input "x"; the model's inputs are "x" ${expected}`,
    ],
    ['an extra name', { body: { x: [1, 2], y: 1 } }, `Request has unknown input "y"; the model's inputs are "x"`],
    ['other fields', { image: Buffer.of(1) }, 'Expected a body, or a field "data" or "body"; got the fields "image"'],
    ['no field', {}, 'got no body'],
    ['null', null, 'got null'],
    ['an empty body', Buffer.alloc(0), 'The request is empty'],
    ['empty text', '', 'The request is empty'],
    ['text', 'hello', 'got the text "hello", which is not JSON'],
    [
      'bytes of a wrong number',
      Buffer.alloc(7),
      `Input "x": expected ${expected}, which is a multiple of 8 bytes; got 7 bytes`,
    ],
    ['a value that is no array', true, '(or [2] for one item), got true'],
    ['an object where an array belongs', { body: { x: { a: 1 } } }, '(or [2] for one item), got an object'],
    ['a tensor of another type', { body: createTensor('int32', [2], [1, 2]) }, 'got a tensor of int32'],
    [
      'what looks like a tensor',
      { body: { type: 'float32', shape: [2], data: [1, 2] } },
      'unknown input "type", "shape", "data"',
    ],
    [
      'a tensor with too few elements',
      { body: { type: 'float32', shape: [2], data: Float32Array.of(1) } },
      'got a tensor with 1 elements for shape [2]',
    ],
    [
      'a tensor whose data is of another type',
      { body: { type: 'float32', shape: [1], data: Int32Array.of(1) } },
      'got a tensor with data that is not of float32',
    ],
    ['JSON that does not parse', Buffer.from('{"x": [1,'), 'The body is not JSON: ', 'application/json'],
    ['NaN in JSON', Buffer.from('[NaN, 1]'), 'JSON has no NaN and no Infinity', 'application/json; charset=utf-8'],
    [
      'JSON that curl -d sends as a form',
      { '[1, 2]': '' },
      'got the fields "[1, 2]"; send JSON with the header "content-type: application/json"',
      'application/x-www-form-urlencoded',
    ],
    ['nothing, as JSON', Buffer.alloc(0), 'The request is empty', 'application/json'],
  ])('%s', async (_, row, message, contentType) => {
    const headers: Record<string, string> = contentType === undefined ? {} : { 'Content-Type': contentType };
    const [error, good] = await serve(addOneModel(), [row, [1, 2]], { headers });
    expect(error).toBeInstanceOf(PredictionError);
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining(message) as string });
    expect(good).toEqual([2, 3]);
  });

  it('several inputs without names', async () => {
    const [error] = await serve(sumAndDifferenceModel(), [[1, 2]]);
    expect(error).toMatchObject({
      status: 400,
      message: `Expected an object with the inputs "a" ${expected}, "b" ${expected}; got an array of 2`,
    });
  });

  it('raw bytes where two dimensions are open', async () => {
    const [error] = await serve(identityModel({ shape: ['n', 'm'] }), [Buffer.alloc(8)]);
    expect(error).toMatchObject({
      status: 400,
      message: expect.stringContaining('do not tell the 2 dynamic dimensions') as string,
    });
  });

  it('raw bytes for strings', async () => {
    const [error] = await serve(identityModel({ type: 'string' }), [Buffer.alloc(8)]);
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining('send strings as JSON') as string });
  });
});

describe('an empty list', () => {
  const ask = async (shape: (number | string)[], body: unknown) => {
    const [result] = await serve(identityModel({ shape }), [{ body }]);
    return result;
  };

  it('has the axes that the signature gives it', async () => {
    expect(await ask([1, 0, 4], [[]])).toEqual([[]]);
    expect(await ask([1, 0, 4], [])).toEqual([]);
    expect(await ask(['batch', 'length', 4], [[], []])).toEqual([[], []]);
    expect(await ask(['batch', 'length', 4], [])).toEqual([]);
  });

  it('is refused where there must be something in it', async () => {
    for (const body of [[], [[]]]) {
      const error = await ask(['batch', 2, 4], body);
      expect(error).toBeInstanceOf(PredictionError);
    }
    expect(await ask(['batch', 4], [])).toBeInstanceOf(PredictionError);
  });
});
