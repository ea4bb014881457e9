/** The proof of a model that lies in a file. */
import { readModel } from '../onnx/graph.ts';
import { readSkeleton } from '../onnx/model-skeleton.ts';
import { proveRows, type RowProof } from './row-proof.ts';

/** Where the graph cannot be read (it is damaged, or too large), nothing is shown. */
export function proveFile(path: string): RowProof {
  try {
    return proveRows(readModel(readSkeleton(path)));
  } catch (error) {
    return { verdict: 'mixes', outputs: new Map(), reason: `its graph could not be read: ${(error as Error).message}` };
  }
}
