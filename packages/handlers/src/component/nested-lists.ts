/** Lists of elements as nested lists, and back. */
import { PredictionError } from '../prediction-error.ts';

/** A shape may have axes of size 0, and then lists without an element. */
const MOST_EMPTY_LISTS = 10_000;

/** Elements in row-major order as nested lists; an axis of −1 is what is left, as in NumPy. @throws PredictionError 400 for a shape that they do not fill */
export function nestedLists(elements: readonly unknown[], shape: readonly unknown[]): unknown[] {
  const sizes = filledShape(elements.length, shape);
  if (sizes.length === 0) return elements as unknown[];
  let level: unknown[] = elements as unknown[];
  for (const size of sizes.slice(1).reverse()) level = chunks(level, size, sizes);
  return level;
}

function chunks(items: readonly unknown[], size: number, sizes: readonly number[]): unknown[] {
  if (size === 0) return Array.from({ length: emptyLists(sizes) }, () => []);
  return Array.from({ length: items.length / size }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** How many lists there are on the axes before the first of size 0. */
function emptyLists(sizes: readonly number[]): number {
  const before = sizes.slice(0, sizes.indexOf(0)).reduce((product, size) => product * size, 1);
  if (before <= MOST_EMPTY_LISTS) return before;
  throw new PredictionError(`tensor: the shape [${sizes.join(', ')}] has ${before} lists without an element`, 400);
}

function filledShape(count: number, shape: readonly unknown[]): number[] {
  const sizes = shape.map(Number);
  const isShape = sizes.every((size) => Number.isSafeInteger(size) && size >= -1);
  if (!isShape || sizes.filter((size) => size === -1).length > 1) throw misfit(count, shape);
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const filled = sizes.map((size) => (size === -1 && known > 0 ? count / known : size));
  const isWhole = filled.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isWhole || filled.reduce((product, size) => product * size, 1) !== count) throw misfit(count, shape);
  return filled;
}

function misfit(count: number, shape: readonly unknown[]): PredictionError {
  return new PredictionError(`tensor: expected values that fill the shape [${shape.join(', ')}], got ${count}`, 400);
}

/** The sizes of nested lists of numbers, all of which are as long as their neighbours; undefined for anything else. */
export function numericShape(value: unknown): number[] | undefined {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0] as unknown) shape.push(level.length);
  return shape.length > 0 && isFilled(value, shape, 0) ? shape : undefined;
}

function isFilled(value: unknown, shape: readonly number[], depth: number): boolean {
  if (depth === shape.length) return typeof value === 'number' || typeof value === 'bigint';
  return (
    Array.isArray(value) && value.length === shape[depth] && value.every((item) => isFilled(item, shape, depth + 1))
  );
}
