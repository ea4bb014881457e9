/** Reading and writing of shapes in signatures: which dimensions are dynamic, what fits, how it is said. */
import type { Dimension, TensorSpec } from '../signature.ts';

/** Whether a dimension takes any size. */
export function isDynamic(dim: Dimension | undefined): boolean {
  return typeof dim === 'string' || (typeof dim === 'number' && dim < 0);
}

/** Whether every dimension of a shape fits; dynamic ones take any size. */
export function fitsShape(expected: readonly Dimension[], shape: readonly number[]): boolean {
  return (
    shape.length === expected.length &&
    shape.every((size, axis) => isDynamic(expected[axis]) || expected[axis] === size)
  );
}

/** `batch`: a tensor has the model's own rank; `item`: it lacks the batch axis, which is 1 or dynamic. */
export type RowForm = 'batch' | 'item';

/** How a shape fits an input; undefined when it does not. */
export function fittingForm(
  { shape: expected }: Pick<TensorSpec, 'shape'>,
  shape: readonly number[],
): RowForm | undefined {
  if (fitsShape(expected, shape)) return 'batch';
  return takesItem(expected) && fitsShape(expected.slice(1), shape) ? 'item' : undefined;
}

/** Whether the batch axis may be left out. */
export function takesItem([first]: readonly Dimension[]): boolean {
  return first === 1 || isDynamic(first);
}

/**
 * The shape of nested lists that end in empty ones, such as `[[]]`, with the axes that those would have had: of a dynamic
 * one nothing is known, and it is 0. Any other shape as it is.
 */
export function completedShape(expected: readonly Dimension[], shape: readonly number[]): readonly number[] {
  if (shape.at(-1) !== 0 || shape.length >= expected.length) return shape;
  return [...shape, ...expected.slice(shape.length).map((dim) => (typeof dim === 'number' && dim > 0 ? dim : 0))];
}

/** `[batch, ?, 4]`; a dynamic dimension without a name is `?`. Of a client's endless nesting only the beginning is shown. */
export function formatShape(shape: readonly Dimension[]): string {
  if (shape.length > 16) return `[${shape.slice(0, 4).join(', ')}, …] of ${shape.length} axes`;
  return `[${shape.map((dim) => (typeof dim === 'number' && dim < 0 ? '?' : dim)).join(', ')}]`;
}

/** `float32 [batch, 4]` */
export function formatSpec({ type, shape }: Pick<TensorSpec, 'type' | 'shape'>): string {
  return `${type} ${formatShape(shape)}`;
}

/** `"x" float32 [batch, 4], "n" int64 []` */
export function formatSpecs(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => `"${spec.name}" ${formatSpec(spec)}`).join(', ');
}
