import { describe, expect, it } from 'vitest';
import { createTensor } from '../tensor/tensor.ts';
import { readCondition } from './condition.ts';

const ROWS = {
  instances: [
    { kind: 'flat', size: 40 },
    { kind: 'house', size: 120, tags: ['new', 'dear'] },
  ],
};

describe('a condition', () => {
  it.each<[unknown, boolean]>([
    ['instances.1.kind', true],
    ['instances.2.kind', false],
    ['instances.0.tags', false],
    ['predictions.0.kind', true],
    [{ path: 'instances.0.kind', equals: 'flat' }, true],
    [{ path: 'instances.0.kind', in: ['house', 'hut'] }, false],
    [{ path: 'instances.0.size', above: 10, below: 50 }, true],
    [{ path: 'instances.0.size', above: 40 }, false],
    [{ path: 'instances.0.tags', exists: false }, true],
    ['instances.*.tags', true],
    [{ path: 'instances.*.kind', equals: 'house' }, true],
    [{ path: 'instances.*.kind', equals: 'hut' }, false],
    [{ path: 'instances.*.size', above: 100, below: 110 }, false],
    [{ path: 'instances.*.tags.*', equals: 'dear' }, true],
    [{ path: 'nothing.*.kind', exists: true }, false],
  ])('%j is %s', (condition, isMet) => {
    expect(readCondition(condition, 'when')(ROWS)).toBe(isMet);
  });

  it('looks into tensors', () => {
    const request = { inputs: { x: createTensor('float32', [2, 1], [1, 7]) } };
    expect(readCondition({ path: 'inputs.x.1.0', equals: 7 }, 'when')(request)).toBe(true);
    expect(readCondition({ path: 'outputs.x.*.0', above: 5 }, 'when')(request)).toBe(true);
    expect(readCondition({ path: 'inputs.x', equals: [[1], [7]] }, 'when')(request)).toBe(true);
  });

  it.each([
    ['', 'when must be a path, or an object with one'],
    [{ path: 'instances' }, 'when must be an object with one of exists, equals, in, above, below'],
    [{ path: 'instances', over: 1 }, 'unknown test when.over; known are exists, equals, in, above, below'],
    [{ path: 'instances', above: 'x' }, 'when.above does not take "x"'],
  ])('is not %j', (condition, problem) => {
    expect(() => readCondition(condition, 'when')).toThrow(problem);
  });
});
