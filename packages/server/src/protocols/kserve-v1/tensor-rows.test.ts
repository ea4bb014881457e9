import type { TensorSpec } from '@marserve/handlers';
import { isTensor, tensorToJson } from '@marserve/handlers/tensor-json';
import { describe, expect, it } from 'vitest';
import { rowsOf } from './instances.ts';
import { tensorRows } from './tensor-rows.ts';

const X: TensorSpec = { name: 'x', type: 'float32', shape: ['batch', 2] };
const Y: TensorSpec = { name: 'y', type: 'float32', shape: ['batch'] };
const N: TensorSpec = { name: 'n', type: 'int64', shape: ['batch'] };

/** Exact as floats. */
const rows = Array.from({ length: 100 }, (_, row) => [row / 4, -1 - row]);
const numbers = rows.map(([number = 0]) => number);

const read = (body: unknown, ...inputs: TensorSpec[]) => tensorRows(Buffer.from(JSON.stringify(body)), inputs);

function asLists(value: unknown): unknown {
  if (isTensor(value)) return tensorToJson(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, asLists(each)]));
}

describe('lists of numbers in a V1 request', () => {
  it.each([
    ['instances', { instances: rows }, [X]],
    ['batches as instances', { instances: rows.map((row) => [row, row]), signature_name: 's' }, [X]],
    ['single numbers', { instances: numbers.concat(numbers) }, [Y]],
    ['inputs', { inputs: rows }, [X]],
    ['columns', { inputs: { x: rows, y: numbers } }, [X, Y]],
    ['columns beside one that is parsed', { inputs: { x: rows, n: numbers } }, [X, N]],
    ['instances by name', { instances: [{ x: rows }, { x: rows.slice(0, 3) }] }, [X]],
    ['instances with data', { instances: [{ data: rows.slice(1) }, { data: rows }] }, [{ ...X, name: 'data' }]],
  ] as [string, unknown, TensorSpec[]][])('are tensors of its rows: %s', (_, body, inputs) => {
    const found = read(body, ...inputs);
    expect(found?.map(asLists)).toEqual(rowsOf(body));
    expect(found).not.toEqual(rowsOf(body));
  });

  it.each([
    ['of another shape', { instances: rows.map((row) => [...row, 1]) }, [X]],
    ['one of which has another shape', { instances: [{ x: rows }, { x: rows.flat() }] }, [X]],
    ['for integers', { instances: numbers.concat(numbers) }, [N]],
    ['for several inputs', { instances: rows }, [X, Y]],
    ['for a handler that takes no tensors', { instances: rows }, []],
    ['beside base64', { instances: rows, parameters: { b64: 'AAAA' } }, [X]],
    ['in an event', { specversion: '1.0', id: '1', source: 's', type: 't', time: '', data: 1, instances: rows }, [X]],
    ['elsewhere', { instances: [[{ x: rows }]] }, [X]],
  ] as [string, unknown, TensorSpec[]][])('are left to others %s', (_, body, inputs) => {
    expect(read(body, ...inputs)).toBeUndefined();
  });
});
