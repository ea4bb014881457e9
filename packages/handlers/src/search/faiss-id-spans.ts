/** Where in an index file the ids of its vectors lie. */
import type { FileHandle } from 'node:fs/promises';

/** Ids that follow one another, 8 bytes each. */
export interface IdSpan {
  /** Of the first one, in bytes from the file's beginning. */
  readonly offset: number;
  /** How many there are. */
  readonly count: number;
}

/** Kinds of index that end with the ids of all vectors, or whose inner index may: IndexIDMap, IndexIDMap2, IndexPreTransform. */
const WITH_ID_MAP = ['IxMp', 'IxM2', 'IxPT'];
const CHUNK = 2 ** 20;

/** None for an index without ids of its own (they are positions), and for a file that is no index. */
export async function findIdSpans(file: FileHandle): Promise<readonly IdSpan[]> {
  const { size } = await file.stat();
  const header = await bytesAt(file, 0, Math.min(16, size));
  if (header.length < 16) return [];
  const kind = header.toString('latin1', 0, 4);
  const total = Number(header.readBigUInt64LE(8));
  const map = WITH_ID_MAP.includes(kind) ? await idMapAtEnd(file, size, total) : undefined;
  if (map !== undefined) return [map];
  return kind.startsWith('Iw') || kind === 'IxPT' ? invertedLists(file, size) : [];
}

async function idMapAtEnd(file: FileHandle, size: number, count: number): Promise<IdSpan | undefined> {
  const offset = size - 8 * count;
  if (offset < 24) return undefined;
  const length = (await bytesAt(file, offset - 8, 8)).readBigUInt64LE();
  return length === BigInt(count) ? { offset, count } : undefined;
}

/** Those of an IVF index, when they are the last thing in the file. */
async function invertedLists(file: FileHandle, size: number): Promise<readonly IdSpan[]> {
  for (let start = await lastMark(file, size); start >= 0; start = await lastMark(file, start)) {
    const spans = await listsAt(file, start, size);
    if (spans !== undefined) return spans;
  }
  return [];
}

/** Offset of the last `ilar` (ArrayInvertedLists) before `end`; -1 without one. */
async function lastMark(file: FileHandle, end: number): Promise<number> {
  for (let stop = end; stop > 0; stop -= CHUNK) {
    const start = Math.max(0, stop - CHUNK);
    // Three bytes more: a mark may lie across two chunks.
    const chunk = await bytesAt(file, start, Math.min(stop + 3, end) - start);
    const found = chunk.lastIndexOf('ilar', undefined, 'latin1');
    if (found >= 0) return start + found;
  }
  return -1;
}

/** Undefined where the lists do not end with the file: then it was not their mark. */
async function listsAt(file: FileHandle, start: number, size: number): Promise<readonly IdSpan[] | undefined> {
  if (start + 32 > size) return undefined;
  const header = await bytesAt(file, start, 32);
  const [codeSize, entries] = [Number(header.readBigUInt64LE(12)), Number(header.readBigUInt64LE(24))];
  if (start + 32 + 8 * entries > size) return undefined;
  const table = await bytesAt(file, start + 32, 8 * entries);
  // `full` has a size for each list, `sprs` pairs of a list's number and its size.
  const isSparse = header.toString('latin1', 20, 24) === 'sprs';
  const spans: IdSpan[] = [];
  let offset = start + 32 + 8 * entries;
  for (let entry = isSparse ? 1 : 0; entry < entries; entry += isSparse ? 2 : 1) {
    const count = Number(table.readBigUInt64LE(8 * entry));
    spans.push({ offset: offset + count * codeSize, count });
    offset += count * (codeSize + 8);
  }
  return offset === size ? spans : undefined;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
