/** A faiss index. The only file that imports faiss-node, and not before the first index is opened. */
import type * as faissNode from 'faiss-node';
import { access } from 'node:fs/promises';
import { basename } from 'node:path';

/** One vector of an index, found near a query. */
export interface Neighbour {
  /** The vector's id in the index: its position, unless it was added with ids. */
  readonly id: number;
  /** By the index's own metric; squared for L2. */
  readonly distance: number;
}

export interface FaissIndex {
  /** Number of vectors. */
  readonly size: number;
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
    throw new Error(`The index file does not exist: ${path}`);
  });
  const index = readIndex(faiss, path);
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
          .map((id, rank) => ({ id, distance: distances[query * count + rank] ?? NaN }))
          .filter(({ id }) => id >= 0),
      );
    },
  };
}

type Faiss = typeof faissNode;

async function importFaiss(): Promise<Faiss> {
  try {
    // CommonJS: all of it is the default export.
    return ((await import('faiss-node')) as unknown as { readonly default: Faiss }).default;
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0] ?? '';
    throw new Error(
      `faiss-node, which searches vectors, cannot be loaded: its native part is not built here (${reason}). ` +
        'Run "npm run setup" in the folder of marserve; on Debian it needs the package libfaiss-dev.',
      { cause: error },
    );
  }
}

function readIndex(faiss: Faiss, path: string): ReturnType<Faiss['Index']['read']> {
  try {
    return faiss.Index.read(path);
  } catch (error) {
    throw new Error(`${basename(path)} is not a faiss index, or it is damaged (${(error as Error).message})`, {
      cause: error,
    });
  }
}
