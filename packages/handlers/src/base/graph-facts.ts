/** What the graph of a model in a file tells about how its rows may be run. */
import { readModel } from '../onnx/graph.ts';
import { readSkeleton } from '../onnx/model-skeleton.ts';
import { proveRows, type RowProof } from '../row-proof/row-proof.ts';
import { emptyCrashes, type EmptyCrashes } from './empty-crashes.ts';

/** What is read from the file once, when the model is loaded. */
export interface GraphFacts {
  /** Whether rows of several requests may go through together. */
  readonly proof: RowProof;
  /** Which tensors without elements must be refused. */
  readonly crashes: EmptyCrashes;
}

/** Where the graph cannot be read (it is damaged, or too large), nothing is shown. */
export function readGraphFacts(path: string): GraphFacts {
  try {
    const model = readModel(readSkeleton(path));
    return { proof: proveRows(model), crashes: emptyCrashes(model.graph) };
  } catch (error) {
    const reason = `its graph could not be read: ${(error as Error).message}`;
    return { proof: { verdict: 'mixes', outputs: new Map(), reason }, crashes: {} };
  }
}
