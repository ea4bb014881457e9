/**
 * The ids that an index file gives its vectors, where a JavaScript number cannot tell them apart: faiss has 64-bit integers, and
 * faiss-node rounds them. The format is that of faiss/impl/index_write.cpp.
 */
import { copyFile, mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findIdSpans, type IdSpan } from './faiss-id-spans.ts';

/** An id as it is in the index: a bigint where no number is exact. */
export type VectorId = number | bigint;

/** An index whose vectors are numbered, and what each number stands for. */
export interface Numbered<T> {
  /** Its ids are the numbers 0, 1, 2 … */
  readonly index: T;
  /** By those numbers, exact. */
  readonly ids: BigInt64Array;
}

/**
 * Opens the index with the ids of its vectors replaced by their numbers, from 0 on, when some are negative or beyond 2^53.
 * @param read opens the copy, which is deleted afterwards
 * @returns undefined when all ids are such that numbers are exact, and for files that hold none
 */
export async function openNumbered<T>(path: string, read: (path: string) => T): Promise<Numbered<T> | undefined> {
  const { spans, ids } = await readIds(path);
  if (ids.every((id) => id >= 0n && id <= BigInt(Number.MAX_SAFE_INTEGER))) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'marserve-index-'));
  try {
    const copy = join(folder, 'index');
    await copyFile(path, copy);
    await writeNumbers(copy, spans);
    return { index: read(copy), ids };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The shortest exact form. */
export function exactId(id: bigint): VectorId {
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : id;
}

async function readIds(path: string): Promise<{ spans: readonly IdSpan[]; ids: BigInt64Array }> {
  const file = await open(path);
  try {
    const spans = await findIdSpans(file);
    const ids = new BigInt64Array(spans.reduce((total, { count }) => total + count, 0));
    let start = 0;
    for (const { offset, count } of spans) {
      await file.read(new Uint8Array(ids.buffer, 8 * start, 8 * count), { position: offset });
      start += count;
    }
    return { spans, ids };
  } finally {
    await file.close();
  }
}

async function writeNumbers(path: string, spans: readonly IdSpan[]): Promise<void> {
  const file: FileHandle = await open(path, 'r+');
  try {
    let start = 0;
    for (const { offset, count } of spans) {
      const numbers = BigInt64Array.from({ length: count }, (_, index) => BigInt(start + index));
      await file.write(new Uint8Array(numbers.buffer), 0, 8 * count, offset);
      start += count;
    }
  } finally {
    await file.close();
  }
}
