/** What goes from node to node of a graph: instances, or tensors by their names. */
import type { NamedTensors } from '@marserve/client';
import { hasTensors, type PredictorInputs, type PredictorOutputs } from '../transformer/payload.ts';
import { rowsOfTensors } from '../transformer/convert.ts';

/** The request to a node, whatever the one before it answered. */
export type GraphValue = PredictorInputs;

/** An answer as the request to the next node: predictions are instances, outputs are inputs. */
export function asRequest(answer: PredictorOutputs): GraphValue {
  return 'outputs' in answer ? { inputs: answer.outputs as NamedTensors } : { instances: answer.predictions };
}

/** What the last node gave as the answer to the client. */
export function asAnswer(value: GraphValue): PredictorOutputs {
  return hasTensors(value) ? { outputs: value.inputs } : { predictions: value.instances };
}

/** One for each row. @throws PredictionError 502 for tensors that have no common first axis */
export function instancesOf(value: GraphValue): readonly unknown[] {
  return hasTensors(value) ? rowsOfTensors(value.inputs, 502) : value.instances;
}
