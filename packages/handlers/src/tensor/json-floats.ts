/**
 * Nested JSON lists of plain numbers, from their bytes into a Float32Array: in a quarter of the time of JSON.parse, which makes
 * lists of doubles first. Each element is what JSON.parse and a Float32Array make of its text, to the bit.
 */
import { randomUUID } from 'node:crypto';
import { parseJson } from '../json.ts';
import { floatReader, type FloatList, type ReadFloats } from './number-kernel.ts';
import { isTensor, type Tensor } from './tensor.ts';

/** A tensor of floats. */
export interface FloatTensor extends Tensor {
  /** Its type. */
  readonly type: 'float32';
  /** In row-major order. */
  readonly data: Float32Array;
}

/** Whether a value is a tensor of floats, which no value of JSON is. */
export function isFloatTensor(value: unknown): value is FloatTensor {
  return isTensor(value) && value.data instanceof Float32Array;
}

/** Where a list may stand: the keys that lead to it, `ANY` for each element of a list. */
export type JsonPlace = readonly (string | typeof ANY)[];

/** Every element of a list. */
export const ANY = Symbol('any element');

/** Shorter texts are left to `parseJson`: they take a microsecond there, and the kernel, once it is there, 0.7 MB. */
export const FEW_BYTES = 256;

/** The list that a text is; undefined for anything else, be it JSON or not, and for short ones. */
export function readJsonFloats(bytes: Uint8Array): FloatTensor | undefined {
  if (bytes.length < FEW_BYTES) return undefined;
  const start = skipSpace(bytes, 0);
  const list = bytes[start] === OPEN ? floatReader(bytes)?.(start) : undefined;
  return list !== undefined && skipSpace(bytes, list.end) === bytes.length ? toTensor(list) : undefined;
}

/**
 * What `parseJson` makes of the bytes, but for tensors in place of the lists of plain numbers at these places. Undefined where it
 * finds none or does not understand it, be it JSON or not: that is for `parseJson` to judge.
 */
export function parseJsonWithFloats(bytes: Uint8Array, places: readonly JsonPlace[]): unknown {
  if (bytes.length < FEW_BYTES) return undefined;
  const cuts = findLists(bytes, new Set(places.map((place) => place.at(-1))));
  if (cuts.length === 0) return undefined;
  try {
    const value = { root: parseJson(withoutLists(bytes, cuts)) };
    let put = 0;
    for (const place of places) put += putBack(value, ['root', ...place], cuts);
    // One that stands elsewhere, or twice, would be missing.
    return put === cuts.length ? value.root : undefined;
  } catch {
    return undefined;
  }
}

interface Cut extends FloatList {
  readonly start: number;
}

/** A list behind one of the keys; where that stands is seen when the rest is parsed. */
function findLists(bytes: Uint8Array, keys: ReadonlySet<JsonPlace[number] | undefined>): Cut[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = [...keys].map((key) => {
    const quoted = JSON.stringify(key);
    return { quoted, at: text.indexOf(quoted), bytes: Buffer.byteLength(quoted) };
  });
  const cuts: Cut[] = [];
  let read: ReadFloats | undefined;
  for (;;) {
    let next: (typeof found)[number] | undefined;
    for (const key of found) if (key.at >= 0 && (next === undefined || key.at < next.at)) next = key;
    if (next === undefined) return cuts;
    const start = listBehind(bytes, next.at + next.bytes);
    const list = start === undefined ? undefined : (read ??= floatReader(bytes))?.(start);
    if (start !== undefined && list !== undefined) cuts.push({ ...list, start });
    const from = list?.end ?? next.at + next.bytes;
    for (const key of found) if (key.at >= 0 && key.at < from) key.at = text.indexOf(key.quoted, from);
  }
}

/** Where a list begins behind a key. */
function listBehind(bytes: Uint8Array, end: number): number | undefined {
  const colon = skipSpace(bytes, end);
  if (bytes[colon] !== COLON) return undefined;
  const start = skipSpace(bytes, colon + 1);
  return bytes[start] === OPEN ? start : undefined;
}

/** Stands for a list; no client knows it. */
const MARK = `${randomUUID()}:`;

function withoutLists(bytes: Uint8Array, cuts: readonly Cut[]): Buffer {
  const pieces: Uint8Array[] = [];
  let from = 0;
  cuts.forEach(({ start, end }, index) => {
    pieces.push(bytes.subarray(from, start), Buffer.from(`"${MARK}${index}"`));
    from = end;
  });
  return Buffer.concat([...pieces, bytes.subarray(from)]);
}

/** @returns how many lists were put at the place */
function putBack(holder: unknown, [key, ...rest]: JsonPlace, cuts: readonly Cut[]): number {
  if (typeof holder !== 'object' || holder === null || key === undefined) return 0;
  if (key === ANY) {
    if (!Array.isArray(holder)) return 0;
    return holder.reduce<number>((count, element) => count + putBack(element, rest, cuts), 0);
  }
  if (!Object.hasOwn(holder, key)) return 0;
  const value = (holder as Record<string, unknown>)[key];
  if (rest.length > 0) return putBack(value, rest, cuts);
  const list = typeof value === 'string' && value.startsWith(MARK) ? cuts[Number(value.slice(MARK.length))] : undefined;
  if (list === undefined) return 0;
  (holder as Record<string, unknown>)[key] = toTensor(list);
  return 1;
}

function toTensor({ data, shape }: FloatList): FloatTensor {
  return { type: 'float32', shape, data };
}

const COLON = 0x3a;
const OPEN = 0x5b;

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
