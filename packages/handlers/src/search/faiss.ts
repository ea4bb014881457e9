/** A faiss index. The only file that imports faiss-node, and not before the first index is opened. */
import type * as faissNode from 'faiss-node';
import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import { exactId, openNumbered, type VectorId } from './faiss-ids.ts';

/** One vector of an index, found near a query. */
export interface Neighbour {
  /** The vector's id in the index: its position, unless it was added with ids. A bigint beyond 2^53. */
  readonly id: VectorId;
  /** By the index's own metric; squared for L2. */
  readonly distance: number;
}

/** An index that was read from a file. */
export interface FaissIndex {
  /** Number of vectors. */
  readonly size: number;
  /** Number of elements of a vector. */
  readonly dimension: number;
  /**
   * The `k` nearest vectors of each query, the nearest first; fewer when the index has fewer.
   * @param queries one behind the other
   */
  search(queries: readonly number[], k: number): Neighbour[][];
}

/** Reads an index file that faiss has written (in Python or C++). @throws Error that names the file, or what to install */
export async function openFaissIndex(path: string): Promise<FaissIndex> {
  const faiss = await importFaiss();
  await access(path).catch(() => {
    const advice = 'Add it with --extra-files, or name another in the model config: vector_search.index';
    throw new Error(`The archive has no index file "${basename(path)}". ${advice}`);
  });
  const read = (file: string): Index => readIndex(faiss, file, basename(path));
  const numbered = await openNumbered(path, read);
  const index = numbered?.index ?? read(path);
  const dimension = index.getDimension();
  return {
    size: index.ntotal(),
    dimension,
    search(queries, k) {
      const count = Math.min(k, index.ntotal());
      if (count === 0) return Array.from({ length: queries.length / dimension }, () => []);
      const { labels, distances } = index.search(queries as number[], count);
      return Array.from({ length: queries.length / dimension }, (_, query) =>
        labels
          .slice(query * count, (query + 1) * count)
          .map((label, rank) => ({ label, distance: distances[query * count + rank] ?? NaN }))
          .filter(({ label }) => label >= 0)
          .map(({ label, distance }) => ({ id: idOf(label, numbered?.ids), distance })),
      );
    },
  };
}

/** The index cannot be opened on this machine; another one may have what it takes. */
export class MissingFaissError extends Error {
  override readonly name = 'MissingFaissError';
}

type Faiss = typeof faissNode;
type Index = faissNode.Index;

/** @throws Error for an id that faiss-node has rounded: it may be that of another vector */
function idOf(label: number, ids: BigInt64Array | undefined): VectorId {
  if (ids !== undefined) return exactId(ids[label] ?? -1n);
  if (Number.isSafeInteger(label)) return label;
  throw new Error(
    `The index has ids beyond 2^53 (about ${label}), which are read exactly from IndexIDMap and IndexIVF only; ` +
      'put it into an IndexIDMap, or number its vectors from 0 on',
  );
}

async function importFaiss(): Promise<Faiss> {
  try {
    // CommonJS: all of it is the default export.
    return ((await import('faiss-node')) as unknown as { readonly default: Faiss }).default;
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0] ?? '';
    throw new MissingFaissError(
      `faiss-node, which searches vectors, cannot be loaded: its native part is not built here (${reason}). ` +
        'Run "npm run setup" in the folder of marserve; on Debian it needs the package libfaiss-dev.',
      { cause: error },
    );
  }
}

function readIndex(faiss: Faiss, path: string, name: string): Index {
  try {
    return faiss.Index.read(path);
  } catch (error) {
    throw new Error(`${name} is not a faiss index, or it is damaged (${(error as Error).message})`, {
      cause: error,
    });
  }
}
