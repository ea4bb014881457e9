import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import faiss from 'faiss-node';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../test/helpers/random.ts';
import { int64, withIdMap } from '../test-support/id-map.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { findIdSpans } from './faiss-id-spans.ts';
import { openFaissIndex } from './faiss.ts';

const COUNT = 20;

/** A point of a line for each vector, far enough from its neighbours for any compression. */
const pointOf = (position: number): number => 100 * position;

async function lineIndex(description: string): Promise<string> {
  const path = join(await modelFolder({}), 'faiss_index.bin');
  const index = faiss.Index.fromFactory(1, description);
  if (!index.isTrained()) index.train(Array.from({ length: 400 }, (_, position) => 5 * position));
  index.add(Array.from({ length: COUNT }, (_, position) => pointOf(position)));
  index.write(path);
  return path;
}

async function wrapped(path: string, ids: readonly bigint[], kind: string): Promise<string> {
  await writeFile(path, withIdMap(await readFile(path), ids, kind));
  return path;
}

/** As if the vectors had been added with these ids. */
async function relabelled(path: string, ids: readonly bigint[]): Promise<string> {
  const file = await open(path);
  const spans = await findIdSpans(file);
  await file.close();
  const bytes = await readFile(path);
  for (const { offset, count } of spans) {
    for (let at = offset; at < offset + 8 * count; at += 8) {
      int64(ids[Number(bytes.readBigInt64LE(at))] ?? -1n).copy(bytes, at);
    }
  }
  await writeFile(path, bytes);
  return path;
}

/** Ids of every size and sign, none twice; neighbours among them that one float64 stands for. */
function largeIds(seed: number): bigint[] {
  const random = createRandom(seed);
  const ids = new Set<bigint>([2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n - 2n, -(2n ** 63n), -1n, 0n]);
  while (ids.size < COUNT) ids.add(random.bytes(8).readBigInt64LE());
  return [...ids].sort(() => random.next() - 0.5);
}

async function nearest(path: string): Promise<(number | bigint | undefined)[]> {
  const index = await openFaissIndex(path);
  const queries = Array.from({ length: COUNT }, (_, position) => pointOf(position));
  return index.search(queries, 1).map(([found]) => found?.id);
}

const exact = (ids: readonly bigint[]) => ids.map((id) => (Number.isSafeInteger(Number(id)) ? Number(id) : id));

describe('ids of 64 bits are exact', () => {
  it.each([
    ['IxMp', 'Flat'],
    ['IxM2', 'Flat'],
    ['IxMp', 'HNSW8'],
    ['IxMp', 'IVF4,Flat'],
    ['IxM2', 'SQ8'],
  ])('in an %s of %s', async (kind, description) => {
    const ids = largeIds(1);
    expect(await nearest(await wrapped(await lineIndex(description), ids, kind))).toEqual(exact(ids));
  });

  it.each(['IVF4,Flat', 'IVF100,Flat', 'IVF1,Flat', 'IVF4,SQ8', 'IVF4_HNSW8,Flat', 'PCA1,IVF4,Flat'])(
    'in an index of %s that has ids itself',
    async (description) => {
      const ids = largeIds(2);
      expect(await nearest(await relabelled(await lineIndex(description), ids))).toEqual(exact(ids));
    },
  );
});

describe('ids that numbers can carry', () => {
  const ids = Array.from({ length: COUNT }, (_, position) => BigInt(1000 - position));

  it('come from the index as it is', async () => {
    expect(await nearest(await wrapped(await lineIndex('Flat'), ids, 'IxMp'))).toEqual(ids.map(Number));
    expect(await nearest(await relabelled(await lineIndex('IVF4,Flat'), ids))).toEqual(ids.map(Number));
  });

  it('are positions without an id map', async () => {
    expect(await nearest(await lineIndex('Flat'))).toEqual(Array.from({ length: COUNT }, (_, index) => index));
  });
});

it('an id that was rounded is an error, not the id of another vector', async () => {
  // What lies behind the lists hides their ids.
  const path = await relabelled(await lineIndex('IVF4,Flat'), largeIds(3));
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.of(0)]));
  await expect(nearest(path)).rejects.toThrow(/has ids beyond 2\^53 \(about -?\d+\)/);
});
