/** Which rows of a batch can be one run of the model, as far as their shapes tell. */
import type { ModelSignature } from '../signature.ts';
import type { ModelRow } from './row-form.ts';

/** Groups of indices: in each, the inputs differ in the first axis only, in which the inputs of each row agree. */
export function groupMergeable(rows: readonly ModelRow[], signature: ModelSignature): number[][] {
  const groups: number[][] = [];
  rows.forEach((row, index) => {
    const group = canMerge(row, signature)
      ? groups.find(([first]) => isAlike(rows[first as number] as ModelRow, row))
      : undefined;
    if (group === undefined) groups.push([index]);
    else group.push(index);
  });
  return groups;
}

/** Not those without elements, nor those whose axes of one name differ: graphs are read as if they did not. */
function canMerge({ inputs, length }: ModelRow, signature: ModelSignature): boolean {
  if (length === undefined) return false;
  const sizes = new Map<string, number>();
  return signature.inputs.every(({ name, shape }) => {
    const actual = inputs[name]?.shape ?? [];
    return actual.every((size, axis) => {
      const dim = shape[axis];
      if (size === 0) return false;
      if (axis === 0 || typeof dim !== 'string') return true;
      const known = sizes.get(dim);
      sizes.set(dim, size);
      return known === undefined || known === size;
    });
  });
}

function isAlike(a: ModelRow, b: ModelRow): boolean {
  if (a.length === undefined || b.length === undefined) return false;
  for (const [name, { shape }] of Object.entries(a.inputs)) {
    const other = b.inputs[name]?.shape;
    if (other?.length !== shape.length) return false;
    for (let axis = 1; axis < shape.length; axis += 1) if (shape[axis] !== other[axis]) return false;
  }
  return true;
}
