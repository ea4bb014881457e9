/** Flat values ↔ nested arrays, as JSON has tensors. */

export type Nested = number | readonly Nested[];

/** Nested arrays of this shape. */
export function nest(values: Float32Array, shape: readonly number[]): Nested {
  const [size = 1, ...inner] = shape;
  if (inner.length === 0) return Array.from(values);
  const stride = values.length / size;
  return Array.from({ length: size }, (_, index) => nest(values.subarray(index * stride, (index + 1) * stride), inner));
}

/** Writes the numbers into `target` from `offset` on; returns where the next ones go. */
export function flatten(nested: Nested, target: Float32Array, offset = 0): number {
  if (typeof nested === 'number') {
    target[offset] = nested;
    return offset + 1;
  }
  let position = offset;
  if (typeof nested[0] === 'number') {
    for (const value of nested as readonly number[]) target[position++] = value;
    return position;
  }
  for (const inner of nested) position = flatten(inner, target, position);
  return position;
}
