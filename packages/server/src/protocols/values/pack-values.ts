/**
 * A value of JSON with arrays of bytes and numbers in it, as bytes:
 *
 *     u32 bytes of the value │ u32 bytes of the table
 *     the value, as JSON, null where an array is │ the table, as JSON: path, kind and bytes of each array
 *     the arrays
 *
 * Each array begins, and all of it ends, at a multiple of eight bytes, so that numbers can be read where they lie.
 */
import { stringifyJson } from '@marserve/handlers/json';
import { kindOfArray } from './arrays.ts';

/** Where an array is in the value, of which kind it is, and how many bytes it has. */
export type ArrayPlace = readonly [path: readonly (string | number)[], kind: number, bytes: number];

/** Of the lengths. */
export const PREFIX_BYTES = 8;
const ALIGNMENT = 8;

/** So many bytes with those that fill them up. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/** @throws TypeError for a value that JSON cannot hold */
export function packValues(value: unknown): Buffer {
  const arrays = new FoundArrays();
  const json = stringifyJson(arrays.takenOut(value));
  const table = arrays.places.length === 0 ? '' : JSON.stringify(arrays.places);
  const [jsonBytes, tableBytes] = [Buffer.byteLength(json), Buffer.byteLength(table)];
  const start = aligned(PREFIX_BYTES + jsonBytes + tableBytes);
  const end = arrays.places.reduce((sum, [, , bytes]) => sum + aligned(bytes), start);
  const packed = Buffer.allocUnsafe(end);
  packed.writeUInt32LE(jsonBytes, 0);
  packed.writeUInt32LE(tableBytes, 4);
  packed.write(json, PREFIX_BYTES);
  packed.write(table, PREFIX_BYTES + jsonBytes);
  packed.fill(0, PREFIX_BYTES + jsonBytes + tableBytes, start);
  let offset = start;
  for (const array of arrays.found) {
    const next = offset + aligned(array.byteLength);
    packed.set(array, offset);
    packed.fill(0, offset + array.byteLength, next);
    offset = next;
  }
  return packed;
}

class FoundArrays {
  readonly places: ArrayPlace[] = [];
  readonly found: Uint8Array[] = [];
  readonly #path: (string | number)[] = [];

  /** The value with null in the place of each array; itself where there is none. */
  takenOut(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value)) return this.#take(value);
    return Array.isArray(value) ? this.#ofList(value) : this.#ofObject(value as Readonly<Record<string, unknown>>);
  }

  #take(array: ArrayBufferView): null {
    this.places.push([[...this.#path], kindOfArray(array), array.byteLength]);
    this.found.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return null;
  }

  #ofList(list: readonly unknown[]): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index += 1) {
      const element = list[index];
      if (typeof element !== 'object' || element === null) continue;
      const replaced = this.#within(index, element);
      if (replaced !== element) (copy ??= [...list])[index] = replaced;
    }
    return copy ?? list;
  }

  #ofObject(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    let copy: Map<string, unknown> | undefined;
    for (const [key, member] of Object.entries(object)) {
      if (typeof member !== 'object' || member === null) continue;
      const replaced = this.#within(key, member);
      if (replaced !== member) (copy ??= new Map(Object.entries(object))).set(key, replaced);
    }
    return copy === undefined ? object : Object.fromEntries(copy);
  }

  #within(key: string | number, value: object): unknown {
    this.#path.push(key);
    const replaced = this.takenOut(value);
    this.#path.pop();
    return replaced;
  }
}
