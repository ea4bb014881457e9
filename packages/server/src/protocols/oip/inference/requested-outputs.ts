/** The outputs that a request asks for. */
import { badRequest, shown } from '../../bad-request.ts';
import { isRecord } from '../../is-record.ts';
import { readCount, readFlag, readParameters } from './parameters.ts';
import { refuseSharedMemory, refuseTwice } from './refusals.ts';

/** An entry of `outputs`. */
export interface RequestedOutput {
  /** As the model calls it. */
  readonly name: string;
  /** Whether its data goes behind the JSON. */
  readonly isBinary: boolean;
  /** How many classes are wanted in its place; undefined for the output itself. */
  readonly classes?: number;
}

/**
 * @param given objects with a `name` and `parameters`
 * @param isBinary what those are that say nothing of it
 * @throws PredictionError 400 for what is no such list, 501 for extensions that are not spoken
 */
export function readOutputs(given: unknown, isBinary: boolean): RequestedOutput[] {
  if (!Array.isArray(given)) throw badRequest(`The request: expected a list of "outputs", got ${shown(given)}`);
  const outputs = given.map((output: unknown, index): RequestedOutput => {
    if (!isRecord(output) || typeof output.name !== 'string') {
      throw badRequest(`outputs[${index}]: expected an object with a "name", got ${shown(output)}`);
    }
    const subject = `Output "${output.name}"`;
    const parameters = readParameters(output.parameters, subject);
    refuseSharedMemory(parameters);
    const { binary_data: own, classification } = parameters;
    const classes = readCount(classification, `${subject}: "classification"`);
    return {
      name: output.name,
      isBinary: own === undefined ? isBinary : readFlag(own, `${subject}: "binary_data"`),
      ...(classes > 0 && { classes }),
    };
  });
  refuseTwice(outputs, 'Output');
  return outputs;
}
