import { expect, it } from 'vitest';
import { createTensor, type NamedTensors, type TensorElements, type TensorType } from '../tensor/tensor.ts';
import { isSameOutput } from './same-output.ts';

function output(type: TensorType, elements: TensorElements, shape: readonly number[] = [elements.length]) {
  return { y: createTensor(type, shape, elements) };
}

it.each<[string, boolean, NamedTensors, NamedTensors]>([
  [
    'floats that another order of additions made',
    true,
    output('float32', [100, 1]),
    output('float32', [100.0005, 1.0001]),
  ],
  ['floats that differ by a thousandth', false, output('float32', [100, 1]), output('float32', [100, 1.001])],
  ['another output', false, output('int8', [1]), { ...output('int8', [1]), z: output('int8', [1]).y }],
  ['other floats', false, output('float32', [0.5, 0.5]), output('float32', [0.25, 0.25])],
  ['float16', true, output('float16', [1, 2]), output('float16', [1.001, 2])],
  ['other float16', false, output('float16', [1, 2]), output('float16', [2, 2])],
  ['what is no number', true, output('float64', [NaN, Infinity, 0]), output('float64', [NaN, Infinity, -0])],
  ['infinity and a number', false, output('float64', [Infinity]), output('float64', [1])],
  ['integers', true, output('int64', [1n, 2n ** 60n]), output('int64', [1n, 2n ** 60n])],
  ['integers that differ by one', false, output('int64', [2n ** 60n]), output('int64', [2n ** 60n + 1n])],
  ['strings', true, output('string', ['a', 'b']), output('string', ['a', 'b'])],
  ['other strings', false, output('string', ['a', 'b']), output('string', ['b', 'a'])],
  ['another shape', false, output('bool', [true, true], [1, 2]), output('bool', [true, true], [2, 1])],
  ['another type', false, output('int8', [1]), output('uint8', [1])],
])('%s: %s', (_, expected, a, b) => {
  expect(isSameOutput(a, b)).toBe(expected);
});
