/** The proof of a model that lies in a file. */
import { readFile } from 'node:fs/promises';
import { readModel } from '../onnx/graph.ts';
import { proveRows, type RowProof } from './row-proof.ts';

/** Where the graph cannot be read (it is damaged, or too large), nothing is shown. */
export async function proveFile(path: string): Promise<RowProof> {
  try {
    return proveRows(readModel(await readFile(path)));
  } catch (error) {
    return { verdict: 'mixes', outputs: new Map(), reason: `its graph could not be read: ${(error as Error).message}` };
  }
}
