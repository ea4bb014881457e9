/** Bytes that `packValues` made, or that somebody says are such, as the value. */
import { parseJson } from '@marserve/handlers/json';
import { arrayOfKind } from './arrays.ts';
import { aligned, PREFIX_BYTES, type ArrayPlace } from './pack-values.ts';

/** Arrays are views on the bytes where those are aligned. @throws Error for bytes that are none of ours */
export function unpackValues(bytes: Buffer): unknown {
  if (bytes.length < PREFIX_BYTES) throw new Error(`values of ${bytes.length} bytes`);
  const tableStart = PREFIX_BYTES + bytes.readUInt32LE(0);
  const tableEnd = tableStart + bytes.readUInt32LE(4);
  if (tableEnd > bytes.length) throw new Error('values that end before their beginning does');
  const value = parseJson(bytes.subarray(PREFIX_BYTES, tableStart));
  if (tableEnd === tableStart) return value;
  return withArrays(value, bytes, { table: parseJson(bytes.subarray(tableStart, tableEnd)), start: aligned(tableEnd) });
}

interface Arrays {
  readonly table: unknown;
  readonly start: number;
}

function withArrays(value: unknown, bytes: Buffer, { table, start }: Arrays): unknown {
  const root = { value };
  let offset = start;
  for (const place of Array.isArray(table) ? table : []) {
    if (!isPlace(place)) throw new Error('values with an array that is nowhere');
    const [path, kind, size] = place;
    if (offset + size > bytes.length) throw new Error('values that end before their last array');
    put(root, ['value', ...path], arrayOfKind(kind, bytes.subarray(offset, offset + size)));
    offset += aligned(size);
  }
  return root.value;
}

function isPlace(place: unknown): place is ArrayPlace {
  if (!Array.isArray(place)) return false;
  const [path, kind, size]: readonly unknown[] = place;
  return Array.isArray(path) && Number.isInteger(kind) && Number.isSafeInteger(size) && Number(size) >= 0;
}

/** Where something is, and nowhere else: a path leads to no prototype. */
function put(root: object, path: readonly (string | number)[], array: ArrayBufferView): void {
  let target: unknown = root;
  for (const [index, key] of path.entries()) {
    if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) {
      throw new Error('values with an array that is nowhere');
    }
    const members = target as Record<string | number, unknown>;
    if (index === path.length - 1) members[key] = array;
    else target = members[key];
  }
}
