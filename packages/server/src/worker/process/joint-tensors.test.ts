import { createTensor, type Tensor } from '@marserve/handlers';
import { describe, expect, it } from 'vitest';
import { areAlike, bytesOf, joined, rowsOf, takenApart, type Tensors } from './joint-tensors.ts';

const INPUTS = [
  { name: 'x', type: 'float32', shape: ['batch', 2] },
  { name: 'label', type: 'string', shape: [-1] },
] as const;
const OUTPUTS = [{ name: 'y', type: 'float32', shape: ['batch', 3] }] as const;

/** So many rows, numbered from `first`. */
function rows(count: number, first = 0): { x: Tensor; label: Tensor } {
  const numbers = Array.from({ length: count }, (_, row) => first + row);
  return {
    x: createTensor(
      'float32',
      [count, 2],
      numbers.flatMap((each) => [each, -each]),
    ),
    label: createTensor('string', [count], numbers.map(String)),
  };
}

describe('the tensors of several requests', () => {
  it.each([[[1, 1]], [[3, 1, 2]], [[1]]])('of %j rows lie behind one another, and come apart again', (counts) => {
    const all = counts.map((count, index) => rows(count, 10 * index));
    const together = joined(all);
    expect(together['x']?.shape).toEqual([counts.reduce((sum, count) => sum + count, 0), 2]);
    expect(takenApart(together, counts)).toEqual(all);
  });

  it.each(['int64', 'float16', 'bool', 'uint8', 'float64'] as const)('keep their elements of %s', (type) => {
    const elements: readonly number[] | readonly bigint[] = type === 'int64' ? [2n ** 62n, -1n] : [1, 0];
    const all = [{ x: createTensor(type, [1, 2], elements) }, { x: createTensor(type, [1, 2], elements.toReversed()) }];
    expect(takenApart(joined(all), [1, 1])).toEqual(all);
  });

  it('are counted by rows where they are what the model takes', () => {
    expect(rowsOf(rows(3), { inputs: INPUTS, outputs: OUTPUTS })).toBe(3);
    expect(bytesOf(rows(3))).toBe(27);
  });

  const { x, label } = rows(2);
  it.each<[string, unknown, typeof INPUTS | readonly [] | undefined]>([
    ['nobody knows what it takes', { x, label }, undefined],
    ['it says that it takes none', { x, label }, []],
    ['one is missing', { x }, INPUTS],
    ['one is not of the model', { x, label, more: x }, INPUTS],
    ['one has another name', { x, other: label }, INPUTS],
    ['one is of another type', { x: label, label }, INPUTS],
    ['one has other axes', { x: { ...x, shape: [2, 2, 1] }, label }, INPUTS],
    ['they have other numbers of rows', { x, label: rows(3).label }, INPUTS],
    ['they have no rows', rows(0), INPUTS],
    ['one has fewer elements than it says', { x: { ...x, shape: [2, 3] }, label }, INPUTS],
    ['one is no tensor', { x: { type: 'float32' }, label }, INPUTS],
    ['one is nothing', { x: null, label }, INPUTS],
    ['one has half a row', { x: { ...x, shape: [0.5, 8] }, label }, INPUTS],
    ['one has no elements', { x: createTensor('float32', [2, 0], []), label }, INPUTS],
  ])('go by themselves where %s', (_, tensors, inputs) => {
    expect(rowsOf(tensors as Tensors, { inputs, outputs: OUTPUTS })).toBeUndefined();
  });

  const float = (shape: readonly (number | string)[]) => [{ name: 'x', type: 'float32', shape }] as const;
  it('go by themselves where the model says how many rows it takes, or gives other than one for each', () => {
    const told = [
      { inputs: float([2, 2]), outputs: OUTPUTS },
      { inputs: float(['rows', 2]), outputs: [] },
      { inputs: float(['rows', 2]), outputs: float([1]) },
      { inputs: float(['rows', 2]), outputs: float([]) },
    ];
    expect(told.map((facts) => rowsOf({ x }, facts))).toEqual(told.map(() => undefined));
    expect(rowsOf({ x }, { inputs: float(['rows', 2]), outputs: float([-1]) })).toBe(2);
  });

  it('go by themselves where axes of one name differ', () => {
    const inputs = [
      ...float(['rows', 'length']),
      { name: 'mask', type: 'float32', shape: ['rows', 'length'] },
    ] as const;
    expect(rowsOf({ x, mask: x }, { inputs, outputs: OUTPUTS })).toBe(2);
    const mask = createTensor('float32', [2, 1], [1, 1]);
    expect(rowsOf({ x, mask }, { inputs, outputs: OUTPUTS })).toBeUndefined();
  });

  it('are alike where they differ in rows alone', () => {
    const wide = { x: { ...x, shape: [1, 4] } };
    const doubles = { x: { ...x, data: Float64Array.of(1, 2, 3, 4) } };
    expect([areAlike(rows(1), rows(4)), areAlike({ x }, wide), areAlike({ x }, doubles)]).toEqual([true, false, false]);
  });
});

it.each([
  ['other rows', { y: createTensor('float32', [2, 1], [1, 2]) }],
  ['no axis for rows', { y: createTensor('float32', [], [1]) }],
  ['too few elements', { y: { type: 'float32', shape: [3, 2], data: Float32Array.of(1) } }],
])('an answer with %s cannot be taken apart', (_, outputs) => {
  expect(() => takenApart(outputs, [1, 2])).toThrow('"y" has other than 3 rows');
});
