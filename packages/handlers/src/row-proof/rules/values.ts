/** Arithmetic on shapes: operators whose inputs are small integer tensors, element by element or as a whole. */
import { notFollowed } from '../not-followed.ts';
import type { Operation, Rule, Rules } from '../operation.ts';
import { divide, isAlike, isConstant, isEqual, multiply, product, sizeOf, type Size } from '../size.ts';
import { isSameShape, numberOf, tracedValues, type Traced } from '../traced.ts';

type Element = Size | undefined;

const shapeOf: Rule = ({ node, inputs }) => {
  const shape = inputs[0]?.shape;
  if (shape === undefined) throw notFollowed('unknown');
  const values = shape.slice(node.int('start', 0), node.int('end') ?? shape.length);
  return tracedValues(values, [sizeOf(values.length)]);
};

const sizeOfAll: Rule = ({ inputs }) => {
  const shape = inputs[0]?.shape;
  if (shape === undefined) throw notFollowed('unknown');
  return tracedValues([product(shape)], []);
};

/** Element by element; a single element goes with all. */
function elementwise(compute: (operation: Operation, ...elements: Element[]) => Element): Rule {
  return (operation) => {
    const lists = operation.inputs.map((_, index) => operation.values(index));
    const shapes = operation.inputs.map((input) => input?.shape ?? []);
    const length = Math.max(...lists.map((list) => list.length));
    const shape = shapes.reduce((longest, other) => (other.length > longest.length ? other : longest), []);
    const widest = shapes.find((_, index) => lists[index]?.length === length) ?? shape;
    const isOther = (other: readonly Size[], index: number): boolean =>
      (lists[index]?.length ?? 0) > 1 && !isSameShape(other, widest);
    if (shapes.some(isOther)) throw notFollowed('unknown');
    if (lists.some((list) => list.length !== length && list.length !== 1) || widest.length !== shape.length)
      throw notFollowed('unknown');
    const values = Array.from({ length }, (_, index) =>
      compute(operation, ...lists.map((list) => list[list.length === 1 ? 0 : index])),
    );
    return tracedValues(values, widest);
  };
}

/** What is not known, but the same in every run. @throws NotFollowed `mixes` where it depends on the batch */
function unknownOf(...elements: readonly Element[]): undefined {
  if (elements.some((element) => element !== undefined && element.batch > 0)) throw notFollowed('mixes');
  return undefined;
}

function add(operation: Operation, a: Element, b: Element): Element {
  if (a === undefined || b === undefined) return unknownOf(a, b);
  if (isZero(a)) return b;
  if (isZero(b)) return a;
  if (isAlike(a, b)) return { ...a, factor: a.factor + b.factor };
  return a.factor > 0 && b.factor > 0 ? operation.derived('add', a, b) : unknownOf(a, b);
}

function isZero(size: Size): boolean {
  return size.factor === 0;
}

function negate(a: Element): Element {
  return a && { ...a, factor: -a.factor };
}

function multiplied(_: Operation, a: Element, b: Element): Element {
  if (numberOf(a) === 0 || numberOf(b) === 0) return sizeOf(0);
  return a === undefined || b === undefined ? unknownOf(a, b) : multiply(a, b);
}

function divided(_: Operation, a: Element, b: Element): Element {
  if (a === undefined || b === undefined) return unknownOf(a, b);
  return divide(a, b) ?? unknownOf(a, b);
}

/** Compares numbers; a size is never negative, so that it differs from -1. */
function comparing(compare: (a: number, b: number) => boolean): Rule {
  return elementwise((_, a, b) => {
    const [left, right] = [numberOf(a), numberOf(b)];
    if (left !== undefined && right !== undefined) return sizeOf(Number(compare(left, right)));
    if (a !== undefined && right !== undefined && right < 0 && a.factor > 0) return sizeOf(Number(compare(1, right)));
    return a !== undefined && b !== undefined && isEqual(a, b) ? sizeOf(Number(compare(1, 1))) : unknownOf(a, b);
  });
}

const choose = elementwise((_, ...[condition, a, b]) => {
  const isTrue = numberOf(condition);
  if (isTrue !== undefined) return isTrue === 0 ? b : a;
  return a !== undefined && b !== undefined && isEqual(a, b) ? a : unknownOf(condition, a, b);
});

/** The smallest or largest of numbers that are all known. */
function extreme(choice: (...numbers: number[]) => number): Rule {
  return elementwise((_, ...elements) => {
    const numbers = elements.map(numberOf);
    return numbers.includes(undefined) ? unknownOf(...elements) : sizeOf(choice(...(numbers as number[])));
  });
}

const same: Rule = ({ inputs }) => inputs[0] as Traced;

/** TensorProto.DataType of those that hold any size: float32, int32, int64, float64. */
const WIDE = new Set([1, 6, 7, 11]);
const BOOL = 9;

/** 0 and 1 are the same in every type; what else a narrow one makes of a number is not followed. */
const cast: Rule = (operation) => {
  const to = operation.node.int('to', 0);
  if (WIDE.has(to)) return same(operation);
  const values = operation.values(0).map((value) => {
    const number = numberOf(value);
    if (number !== undefined && to === BOOL) return sizeOf(Number(number !== 0));
    return number === 0 || number === 1 ? value : unknownOf(value);
  });
  return tracedValues(values, operation.inputs[0]?.shape ?? []);
};

const reduced =
  (start: number, combine: (operation: Operation, a: Element, b: Element) => Element): Rule =>
  (operation) => {
    const values = operation.values(0);
    const isAll = operation.axes('axes', 1)?.length !== 0 && operation.node.int('noop_with_empty_axes', 0) === 0;
    if (operation.inputs[0]?.shape?.length !== 1 || !isAll) throw notFollowed('unknown');
    const result = values.reduce((all, value) => combine(operation, all, value), sizeOf(start) as Element);
    return tracedValues([result], operation.node.int('keepdims', 1) === 0 ? [] : [sizeOf(1)]);
  };

/** All elements alike. */
const filled: Rule = (operation) => {
  const numbers = operation.numbers(0);
  const length = numbers.reduce((count, size) => count * size, 1);
  const value = operation.node.constant('value');
  const element = value === undefined ? 0 : value.integers()?.[0];
  if (element === undefined || length > 64 || length < 0) throw notFollowed('unknown');
  return tracedValues(
    Array.from({ length }, () => sizeOf(element)),
    numbers.map(sizeOf),
  );
};

const range: Rule = (operation) => {
  const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((index) => operation.numbers(index)[0]);
  const length = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(length <= 64)) throw notFollowed('unknown');
  return tracedValues(
    Array.from({ length }, (_, index) => sizeOf(start + index * delta)),
    [sizeOf(length)],
  );
};

/** Of shapes alone, whatever the tensor holds. */
export const SHAPE_RULES: Rules = { Shape: shapeOf, Size: sizeOfAll };

/** For operators all of whose inputs are small integer tensors. */
export const VALUE_RULES: Rules = {
  Add: elementwise(add),
  Sub: elementwise((operation, a, b) => add(operation, a, negate(b))),
  Mul: elementwise(multiplied),
  Div: elementwise(divided),
  Max: extreme(Math.max),
  Min: extreme(Math.min),
  Neg: elementwise((_, a) => negate(a)),
  Not: elementwise((_, a) => (isKnown(a) ? sizeOf(Number(a.factor === 0)) : unknownOf(a))),
  And: elementwise((operation, a, b) => multiplied(operation, a, b)),
  Equal: comparing((a, b) => a === b),
  Greater: comparing((a, b) => a > b),
  GreaterOrEqual: comparing((a, b) => a >= b),
  Less: comparing((a, b) => a < b),
  LessOrEqual: comparing((a, b) => a <= b),
  Where: choose,
  Identity: same,
  Cast: cast,
  Floor: same,
  Ceil: same,
  ReduceProd: reduced(1, multiplied),
  ReduceSum: reduced(0, add),
  ConstantOfShape: filled,
  Range: range,
};

function isKnown(element: Element): element is Size {
  return element !== undefined && isConstant(element);
}
