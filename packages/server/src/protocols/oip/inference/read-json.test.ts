import { tensorToJson } from '@marserve/handlers/tensor-json';
import { describe, expect, it } from 'vitest';
import { readInferRequest } from './infer-request.ts';
import { readInferJson, readJson } from './read-json.ts';

const rows = Array.from({ length: 100 }, (_, row) => [row / 4, -1 - row]);
const x = { name: 'x', datatype: 'FP32', shape: [100, 2], data: rows };

const bytesOf = (body: unknown) => Buffer.from(JSON.stringify(body));
const contentOf = (body: unknown) => {
  const bytes = bytesOf(body);
  return readInferRequest(bytes, bytes.length).inputs.map(({ content }) => content);
};
const messageOf = (body: unknown): string => {
  try {
    contentOf(body);
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

describe('the data of FP32 inputs', () => {
  it.each([
    ['nested', rows],
    ['flat', rows.flat()],
  ])('is a tensor, %s or not', (_, data) => {
    const body = {
      id: '1',
      inputs: [
        { ...x, data },
        { name: 'n', datatype: 'INT64', shape: [1], data: ['7'] },
      ],
    };
    const [floats, integers] = contentOf(body);
    expect(readInferJson(bytesOf(body))).not.toEqual(body);
    expect(floats).toEqual({ type: 'float32', shape: [100, 2], data: Float32Array.from(rows.flat()) });
    expect(integers).toEqual({ type: 'int64', shape: [1], data: BigInt64Array.of(7n) });
    expect(tensorToJson(floats as never)).toEqual(rows);
  });

  it.each([
    ['of other types', { inputs: [x, { ...x, name: 'y', datatype: 'FP64' }] }],
    ['with other values', { inputs: [{ ...x, data: [...rows.slice(1), ['NaN', 1]] }] }],
    ['among parameters', { parameters: { data: rows.flat() }, inputs: [{ ...x, data: [1, 2], shape: [1, 2] }] }],
    ['where no list is', { inputs: { data: rows }, FP32: 1 }],
  ])('is parsed beside data %s', (_, body) => {
    expect(readInferJson(bytesOf(body))).toEqual(readJson(bytesOf(body)));
  });

  it.each([
    ['count', { ...x, data: rows.flat().slice(1) }, 'which has 200 elements; got 199'],
    ['shape', { ...x, data: rows.slice(1) }, 'got data of the shape [99, 2]'],
    ['rank', { ...x, data: [rows] }, 'got data of the shape [1, 100, 2]'],
  ])('of a wrong %s is refused as any other', (_, input, problem) => {
    const message = messageOf({ inputs: [input] });
    expect(message).toBe(`Input "x": expected FP32 [100, 2], ${problem}`);
    expect(messageOf({ inputs: [input, { ...x, name: 'y', datatype: 'FP64' }] })).toBe(message);
  });
});
